/**
 * A snapshot of a partition as bytes, for a file or anywhere else that may lose or damage them.
 *
 *   header (one line of JSON): version, digest, and all but the agents' states │ state, state, ...
 *
 * The digest is SHA-256 over the header (with an empty digest) and the states, so half a file or a flipped bit shows.
 * Pure. Depends on node:crypto.
 */
import { createHash } from 'node:crypto'
import type { SourceDeclaration } from '../../../schemas/generated/types.js'
import { parseSnapshotHeader } from '../snapshots/snapshot-header.js'
import type { GroupStandingRecord, PartitionSnapshot } from './ports.js'

const VERSION = 1
const LINE_FEED = 10

interface GroupHeader {
  readonly groupId: string
  readonly cycle: number
  readonly standing: GroupStandingRecord
  /** Hex. */
  readonly digest: string
  readonly bytes: number
}

interface Header extends Omit<PartitionSnapshot, 'groups' | 'declarations'> {
  readonly version: number
  readonly digest: string
  readonly declarations: readonly (Omit<SourceDeclaration, 'fingerprint'> & {
    readonly fingerprint: string
  })[]
  readonly groups: readonly GroupHeader[]
}

export function encodeSnapshot(snapshot: PartitionSnapshot): Buffer {
  const { groups, declarations, ...rest } = snapshot
  const unsealed: Header = {
    version: VERSION,
    digest: '',
    ...rest,
    declarations: declarations.map((one) => ({ ...one, fingerprint: toHex(one.fingerprint) })),
    groups: groups.map(({ groupId, cycle, standing, digest, state }) => ({
      groupId,
      cycle,
      standing,
      digest: toHex(digest),
      bytes: state.length,
    })),
  }
  const states = Buffer.concat(groups.map(({ state }) => state))
  const header: Header = { ...unsealed, digest: digestOf(unsealed, states) }
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`, 'utf8'), states])
}

/** Undefined for bytes that are no snapshot, not whole, or of another version. */
export function decodeSnapshot(bytes: Buffer): PartitionSnapshot | undefined {
  const end = bytes.indexOf(LINE_FEED)
  const header = parseSnapshotHeader<Header>(bytes.subarray(0, Math.max(0, end)), VERSION)
  if (header === undefined) return undefined
  const states = bytes.subarray(end + 1)
  if (digestOf({ ...header, digest: '' }, states) !== header.digest) return undefined
  let at = 0
  const groups = header.groups.map(({ groupId, cycle, standing, digest, bytes: length }) => {
    const state = states.subarray(at, at + length)
    at += length
    return { groupId, cycle, standing, digest: Buffer.from(digest, 'hex'), state }
  })
  const { partition, journalId, offset, nextSequence, checksum, positions } = header
  const declarations = header.declarations.map((one) => ({
    ...one,
    fingerprint: Buffer.from(one.fingerprint, 'hex'),
  }))
  return { partition, journalId, offset, nextSequence, checksum, declarations, positions, groups }
}

function digestOf(header: Header, states: Uint8Array): string {
  return createHash('sha256').update(JSON.stringify(header)).update(states).digest('hex')
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
