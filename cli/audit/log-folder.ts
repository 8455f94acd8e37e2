/**
 * Where the audit log of a run is, what it is called and by which keys it is believed. Depends on the log and the journal.
 *
 *   DATA_DIR/journal/                 the journal
 *   DATA_DIR/audit/partition-0/       its audit log
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WeirError } from '../../pipeline/errors.js'
import { lockDataDirectory } from '../../pipeline/runtime/data-directory.js'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'
import { AuditLog } from '../../sinks/audit/log/audit-log.js'
import type { CheckpointTrust } from '../../sinks/audit/log/checkpoint.js'
import { FolderFiles } from '../../sinks/audit/log/files.js'
import { readKeyFile } from '../../sinks/audit/log/key-files.js'
import { parseVerifierKey } from '../../sinks/audit/log/keys.js'
import { LogReader } from '../../sinks/audit/log/log-reader.js'
import type { Verifier } from '../../sinks/audit/log/note.js'
import { fileJournal, type ProjectedJournal } from '../../sinks/journal/journal-port.js'
import { DEMO_DATA_DIR } from '../flags.js'

const PARTITION = 0
const KEY_TEXT_BYTES_MOST = 1024

export interface LogFlags {
  readonly dataDir?: string
  readonly key: string
  readonly keyName?: string
}

/** The journal of a run that nobody writes meanwhile: its tail is whole then. @throws WeirError WEIR_LOCKED while the run goes on */
export async function withJournal<T>(
  dataDir: string,
  use: (journal: ProjectedJournal) => Promise<T>,
): Promise<T> {
  const lock = await lockDataDirectory(dataDir)
  try {
    return await use(journalOf(dataDir))
  } finally {
    await lock.release()
  }
}

export function journalOf(dataDir: string): ProjectedJournal {
  const folder = join(dataDir, 'journal')
  return fileJournal((from, until) => readJournal(folder, from.sequence, until))
}

/**
 * Opens the log of a run, or begins it. It is called as its key: a log has one name for ever, and so has the key that speaks for it.
 * @throws WeirError as the key file and the log do
 */
export async function openRunLog({ dataDir, key, keyName }: LogFlags): Promise<AuditLog> {
  const own = await readKeyFile(key, keyName)
  return AuditLog.open({
    directory: logFolder(dataDir),
    origin: own.name,
    signers: [own.signer()],
    verifiers: [own.verifier()],
  })
}

/** Opens the log of a run to read it, by the public keys that its reader trusts. */
export function readRunLog(dataDir: string | undefined, keys: readonly string[]): Promise<LogReader> {
  return LogReader.open(new FolderFiles(logFolder(dataDir)), trustOf(keys))
}

/** A log is called as its keys. */
export function trustOf(keys: readonly string[]): CheckpointTrust {
  const logKeys = keys.map(verifierFrom)
  return { origin: logKeys[0]?.name ?? '', logKeys }
}

function logFolder(dataDir = DEMO_DATA_DIR): string {
  return join(dataDir, 'audit', `partition-${PARTITION}`)
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
