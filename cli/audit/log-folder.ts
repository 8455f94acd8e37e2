/**
 * Where audit logs are, what they are called and by which keys they are believed. Depends on the log.
 *
 *   DATA_DIR/audit/partition-N/       audit log of partition N of the journal; of a run's own journal, 0
 *
 * The log of a run is called as its key. Each partition of a topic has a log of its own, called as the key, a slash and its number:
 * a name stands for one tree, for ever.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WeirError } from '../../pipeline/errors.js'
import { AuditLog } from '../../sinks/audit/log/audit-log.js'
import type { CheckpointTrust } from '../../sinks/audit/log/checkpoint.js'
import { FolderFiles } from '../../sinks/audit/log/files.js'
import { readKeyFile } from '../../sinks/audit/log/key-files.js'
import { parseVerifierKey } from '../../sinks/audit/log/keys.js'
import { LogReader } from '../../sinks/audit/log/log-reader.js'
import type { Verifier } from '../../sinks/audit/log/note.js'
import type { ProjectedJournal } from '../../sinks/journal/journal-port.js'
import { dataDirOf, isTopic, type JournalFlags } from './journals.js'

const KEY_TEXT_BYTES_MOST = 1024

export interface KeyFlags {
  readonly key?: string
  readonly keyName?: string
}

/**
 * Opens the log of a journal, or begins it.
 * @throws WeirError as the key file and the log do
 */
export async function openLogOf(
  flags: JournalFlags,
  { partition }: ProjectedJournal,
  keyFile: string,
  keyName: string | undefined,
): Promise<AuditLog> {
  const own = await readKeyFile(keyFile, keyName)
  return AuditLog.open({
    directory: logFolder(flags, partition),
    origin: originOf(own.name, flags, partition),
    signers: [own.signer()],
    verifiers: [own.verifier()],
  })
}

/** Opens the log of a journal to read it, by the public keys that its reader trusts. */
export function readLogOf(
  flags: JournalFlags,
  { partition }: ProjectedJournal,
  keys: readonly string[],
): Promise<LogReader> {
  const { origin, logKeys } = trustOf(keys)
  const trust = { origin: originOf(origin, flags, partition), logKeys }
  return LogReader.open(new FolderFiles(logFolder(flags, partition)), trust)
}

/** A log is called as its keys. */
export function trustOf(keys: readonly string[]): CheckpointTrust {
  const logKeys = keys.map(verifierFrom)
  return { origin: logKeys[0]?.name ?? '', logKeys }
}

/** Whether a log of that origin is one of those that a key speaks for. */
export function isOriginOf(keyName: string, origin: string): boolean {
  return (
    origin === keyName ||
    (origin.startsWith(`${keyName}/`) && /^[0-9]{1,6}$/.test(origin.slice(keyName.length + 1)))
  )
}

function originOf(keyName: string, flags: JournalFlags, partition: number): string {
  return isTopic(flags) ? `${keyName}/${partition}` : keyName
}

function logFolder(flags: JournalFlags, partition: number): string {
  return join(dataDirOf(flags), 'audit', `partition-${partition}`)
}

/** A verifier key as text, or the path of a file that holds one. */
export function verifierFrom(given: string): Verifier {
  return parseVerifierKey(given.includes('+') ? given : readKeyText(given))
}

function readKeyText(path: string): string {
  try {
    const bytes = readFileSync(path)
    if (bytes.length <= KEY_TEXT_BYTES_MOST) return bytes.toString('utf8').trim()
  } catch (cause) {
    throw unusable(path, 'it cannot be read', cause)
  }
  throw unusable(path, 'it is too long for a key')
}

function unusable(path: string, what: string, cause?: unknown): WeirError {
  return new WeirError('WEIR_INPUT', `the verifier key cannot be used: ${what}`, {
    place: path,
    remedy: 'give NAME+HASH+KEY, or a file that holds it',
    ...(cause === undefined ? {} : { cause }),
  })
}
