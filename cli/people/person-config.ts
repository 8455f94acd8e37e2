/**
 * Who gives commands here, from a file: so that a kill is a few words in an emergency. Flags come before the file.
 *
 * `--person-config FILE`, or the environment variable WEIR_PERSON. It holds names of files, never a key. Depends on the YAML reader.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { WeirError } from '../../pipeline/errors.js'
import { type DocumentKind, YamlDocument } from '../../pipeline/governance/yaml-document.js'

export interface PersonConfig {
  /** Name in the roster. */
  readonly person?: string | undefined
  readonly key?: string | undefined
  readonly credential?: string | undefined
  readonly roster?: string | undefined
  readonly group?: string | undefined
  readonly config?: string | undefined
  readonly dataDir?: string | undefined
}

const NAMES = ['person', 'roster', 'group'] as const
const PATHS = ['key', 'credential', 'config', 'dataDir'] as const
const TEXT = { type: 'string', minLength: 1, maxLength: 1_024 }

let compiled: ValidateFunction | undefined

const personKind: DocumentKind = {
  code: 'WEIR_CONFIG',
  noun: 'person configuration',
  documentation: 'docs/governance-commands.md',
  maximumBytes: 16 * 1024,
  whenTooLarge: 'it has seven keys; see docs/governance-commands.md',
  validator() {
    compiled ??= new Ajv2020({ allErrors: true, verbose: true }).compile({
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries([...NAMES, ...PATHS].map((name) => [name, TEXT])),
    })
    return compiled
  },
}

/** @throws WeirError WEIR_CONFIG with the place */
export function loadPersonConfig(file = process.env.WEIR_PERSON): PersonConfig {
  if (file === undefined || file === '') return {}
  const document = new YamlDocument(readText(file), file, personKind)
  const text = (name: string): string | undefined => document.valueAt([name]) as string | undefined
  const near = (name: string): string | undefined => {
    const path = text(name)
    return path === undefined ? undefined : resolve(dirname(file), path)
  }
  return Object.fromEntries([
    ...NAMES.map((name) => [name, text(name)]),
    ...PATHS.map((name) => [name, near(name)]),
  ]) as PersonConfig
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new WeirError('WEIR_CONFIG', code === 'ENOENT' ? 'no such file' : `it cannot be read (${code})`, {
      place: file,
      remedy: 'give --person-config FILE, or set WEIR_PERSON to one; see docs/governance-commands.md',
      cause,
    })
  }
}
