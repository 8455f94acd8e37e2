/**
 * The manifest of a change: canonical JSON of which version each group gets. All voices are bound to its SHA-256, so whoever approves or
 * activates it has the same file. Depends on the form of a change's detail.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { WeirError } from '../../pipeline/errors.js'
import { type ChangeManifest, readDetail } from '../../pipeline/governance/people/command-detail.js'
import { textDigestHex } from '../../pipeline/governance/people/statement.js'
import { fromHex } from '../../pipeline/identity.js'
import type { Order } from './signer.js'

export interface ReadManifest {
  readonly manifest: ChangeManifest
  /** Hex. */
  readonly digest: string
  readonly file: string
}

export const MANIFEST_FLAG = ['--manifest <file>', 'the manifest (default: CHANGE.change.json)'] as const

/** @throws WeirError WEIR_USAGE when it cannot be read, is no manifest, or is that of another change */
export function readManifest(change: string, file = defaultFile(change)): ReadManifest {
  return checkedManifest(readText(file), change, file)
}

const defaultFile = (change: string): string => `${change.replace(/[^A-Za-z0-9._-]/g, '_')}.change.json`

/** The manifest as the agent will read it, with its digest. */
export function checkedManifest(
  text: string,
  change: string,
  file: string = defaultFile(change),
): ReadManifest {
  const read = readDetail('change', text)
  if ('fault' in read)
    throw wrong(
      file,
      `it is no manifest of a change: ${read.fault}`,
      'give the file that weir policy propose wrote, unchanged',
    )
  if (read.detail.change !== change)
    throw wrong(
      file,
      `it is the manifest of ${read.detail.change}, not of ${change}`,
      'give the other name, or the other file by --manifest',
    )
  return { manifest: read.detail, digest: textDigestHex(text), file }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw wrong(
      file,
      code === 'ENOENT' ? 'no such file' : `it cannot be read (${code})`,
      'give by --manifest the file that weir policy propose wrote',
    )
  }
}

/** Without a line break at its end: its SHA-256 is the digest of the change. */
export function writeManifest(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST' && readText(file) === text) return
    throw wrong(
      file,
      code === 'EEXIST' ? 'another manifest is in it already' : `it cannot be written (${code})`,
      'give another name by --change or --manifest',
    )
  }
}

export function ordersOf(
  kind: Order['kind'],
  manifest: ChangeManifest,
  digest: string,
  detail: string,
): Order[] {
  const groups = [...new Set(manifest.entries.map(({ group }) => group))]
  return groups.map((groupId) => ({
    kind,
    subject: `change:${manifest.change}`,
    groupId,
    digest: fromHex(digest),
    detail,
  }))
}

export function describeManifest({ entries }: ChangeManifest, digest: string, file: string): string[] {
  return [
    ...entries.map(({ group, policy, version }) => `${group}: ${policy} version ${version}`),
    `manifest ${file}, digest ${digest}`,
  ]
}

function wrong(place: string, message: string, remedy: string): WeirError {
  return new WeirError('WEIR_USAGE', message, { place, remedy })
}
