/**
 * A letter to agents: records of people's streams, written as an input folder, `DIR/STREAM/NAME.avro`.
 *
 * The same form goes into the drop folder of a run, to `weir produce`, and to whoever sends it later. Depends on the Avro layer.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WeirError } from '../../pipeline/errors.js'
import type { SignedCommand } from '../../pipeline/governance/people/signing.js'
import { formatUuid, sha256, toHex } from '../../pipeline/identity.js'
import type { DropStream } from '../../pipeline/runtime/sources/drop-folder.js'
import { ContainerWriter, syncMarkerOf } from '../../schemas/avro/container-writer.js'
import { encodeRecord } from '../../schemas/avro/registry.js'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import type { Command, Policy, Roster } from '../../schemas/generated/types.js'

/** One record and how to speak of it. */
export interface LetterRecord {
  readonly stream: DropStream
  readonly groupId: string
  /** Encoded in Weir's schema of the stream. */
  readonly bytes: Buffer
  /** What it is about; of alerts too. */
  readonly subject: string
  readonly title: string
  /** Of commands. */
  readonly command?: SignedCommand
}

/** The feed of all that people send; its records are not numbered, since people are many. */
const FEED = { sourceId: 'people', sourceSequence: -1 }

export function commandRecord(command: SignedCommand): LetterRecord {
  const { kind, subject, groupId } = command
  const bytes = encodeRecord('command', { ...FEED, ...command } as Command)
  return { stream: 'command', groupId, bytes, subject, title: `${kind.toLowerCase()} ${subject}`, command }
}

export function policyRecord(fields: Omit<Policy, 'sourceId' | 'sourceSequence'>): LetterRecord {
  const { groupId, policyId, version } = fields
  const bytes = encodeRecord('policy', { ...FEED, ...fields })
  return {
    stream: 'policy',
    groupId,
    bytes,
    subject: `policy:${policyId}`,
    title: `policy ${policyId} v${version}`,
  }
}

export function rosterRecord(fields: Omit<Roster, 'sourceId' | 'sourceSequence'>): LetterRecord {
  const { groupId, rosterId, version } = fields
  const bytes = encodeRecord('roster', { ...FEED, ...fields })
  return {
    stream: 'roster',
    groupId,
    bytes,
    subject: `roster:${rosterId}`,
    title: `roster ${rosterId} v${version}`,
  }
}

/** A name that two letters share only if they are the same; the order of names is that of their times. */
export function letterName(records: readonly LetterRecord[], atMicros: number): string {
  const digest = toHex(sha256(...records.map(({ bytes }) => bytes))).slice(0, 12)
  return `${String(atMicros).padStart(16, '0')}-${digest}`
}

/**
 * Writes the letter below a folder.
 * @throws WeirError WEIR_USAGE when a file is there already, or it cannot be written
 */
export function writeLetter(directory: string, name: string, records: readonly LetterRecord[]): void {
  try {
    for (const stream of new Set(records.map((record) => record.stream))) {
      const chunks: Uint8Array[] = []
      const writer = new ContainerWriter({
        schemaJson: SCHEMA_JSON[stream],
        codec: 'null',
        sync: syncMarkerOf(`${stream}/${name}`),
        write: (chunk) => chunks.push(chunk),
      })
      for (const record of records) if (record.stream === stream) writer.append(record.bytes)
      writer.flush()
      mkdirSync(join(directory, stream), { recursive: true })
      writeFileSync(join(directory, stream, `${name}.avro`), Buffer.concat(chunks), { flag: 'wx' })
    }
  } catch (cause) {
    if (cause instanceof WeirError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new WeirError('WEIR_USAGE', `it cannot be written (${code})`, {
      place: directory,
      remedy: 'give a folder that can be written and does not hold it already',
      cause,
    })
  }
}

export function commandIdOf({ commandId }: SignedCommand): string {
  return formatUuid(toHex(commandId))
}
