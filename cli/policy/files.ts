/** Policy files from disk, bounded before they are read. Depends on governance and Node. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { WeirError } from '../../pipeline/errors.js'
import { parsePolicyFile } from '../../pipeline/governance/policy.js'
import type { TreeFile } from '../../pipeline/governance/policy-chain.js'
import { MAXIMUM_POLICY_BYTES } from '../../pipeline/governance/policy-document.js'

/** Policies in one folder; a tree of four levels has far fewer. */
const FILES_AT_MOST = 1_000

/** A policy with the text that its digest is of. */
export interface PolicyText extends TreeFile {
  readonly text: string
}

/** Reads one policy. Throws `WEIR_POLICY` with its place; a file above the bound is not read. */
export function readPolicyFile(file: string): PolicyText {
  const text = readText(file)
  return { file, text, ...parsePolicyFile(text, file) }
}

/** Paths of the YAML files of a folder, in the order of their names. Throws `WEIR_POLICY`. */
export function policyFilesIn(folder: string): string[] {
  const names = attempt(folder, 'give the path of a folder of YAML files', () => readdirSync(folder))
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort()
  if (files.length <= FILES_AT_MOST) return files.map((name) => join(folder, name))
  throw new WeirError('WEIR_POLICY', `${files.length} policies, more than ${FILES_AT_MOST}`, {
    place: folder,
    remedy: 'give a folder of parents only',
  })
}

function readText(file: string): string {
  return attempt(file, 'give the path of a YAML file', () => {
    const { size } = statSync(file)
    if (size <= MAXIMUM_POLICY_BYTES) return readFileSync(file, 'utf8')
    const limit = `${MAXIMUM_POLICY_BYTES / 1024} KiB`
    throw new WeirError('WEIR_POLICY', `the policy is larger than ${limit}`, {
      place: `${file}:1:1`,
      remedy: 'split the group',
    })
  })
}

function attempt<T>(place: string, remedy: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof WeirError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    const what = code === 'ENOENT' ? 'no such file' : code === 'ENOTDIR' ? 'no folder' : message
    throw new WeirError('WEIR_POLICY', what, { place, remedy, cause })
  }
}
