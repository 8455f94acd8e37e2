/**
 * Snapshots of groups in the data directory: they bound what a restart must replay.
 *
 *   DIR/snapshots/GROUP/CYCLE.snapshot  =  header (one line of JSON) │ agent (bytes) │ reports (bytes)
 *
 * The digest in the header covers the rest of the header and both parts, so a damaged file is found before it is used, and the next older one is
 * taken. A snapshot is written only after its cycle and the cycle's result are durable and its instructions were handed to
 * their venues.
 * Depends on node:fs.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { WeirError } from '../../errors.js'
import { crashPoint } from '../crash-points.js'
import { replaceFile, syncDirectory } from '../encoding/files.js'
import { snapshotName, snapshotNumbers } from './snapshot-files.js'
import { parseSnapshotHeader } from './snapshot-header.js'

const VERSION = 2
/** The newest may be damaged by the disk; two older ones keep a restart from beginning at the start. */
const KEPT = 3
const CYCLE_DIGITS = 10

/** What the runtime must know to go on with a group, besides the agent's state. */
export interface GroupStanding {
  readonly closedAtMicros: number
  readonly activeAtMicros: number
  readonly outstanding: number
  /** Last input of each source: [source, position, arrivedAt]. */
  readonly sources: readonly (readonly [number, number, number])[]
  readonly executions: number
  readonly deadLetters: number
}

export interface SnapshotContent {
  readonly groupId: string
  /** Last cycle that is in the state. */
  readonly cycle: number
  /** Journal entry of that cycle. */
  readonly sequence: number
  /** Journal entry of its result. */
  readonly resultSequence: number
  readonly standing: GroupStanding
  /** `Agent.snapshot()`. */
  readonly agent: Uint8Array
  /** SHA-256 of `agent`. */
  readonly agentDigest: Uint8Array
  /** Encoded reports that were known and had not arrived. */
  readonly reports: Uint8Array
}

interface Header extends Omit<SnapshotContent, 'agent' | 'reports' | 'agentDigest'> {
  readonly version: number
  readonly agentBytes: number
  readonly agentDigest: string
  readonly reportBytes: number
  readonly digest: string
}

export class SnapshotStore {
  readonly #directory: string

  /** @param directory `DIR/snapshots` */
  constructor(directory: string) {
    this.#directory = directory
  }

  /** Writes a snapshot durably and removes those that are too old. */
  async write(content: SnapshotContent): Promise<void> {
    const folder = this.#folder(content.groupId)
    await mkdir(folder, { recursive: true })
    await syncDirectory(this.#directory)
    const { agent, reports, agentDigest, ...rest } = content
    const unsealed: Header = {
      ...rest,
      version: VERSION,
      agentBytes: agent.length,
      agentDigest: Buffer.from(agentDigest).toString('hex'),
      reportBytes: reports.length,
      digest: '',
    }
    const header: Header = { ...unsealed, digest: digestOf(unsealed, agent, reports) }
    crashPoint('snapshot-before-write')
    await replaceFile(join(folder, nameOf(content.cycle)), [
      Buffer.from(`${JSON.stringify(header)}\n`, 'utf8'),
      agent,
      reports,
    ])
    crashPoint('snapshot-after-write')
    const cycles = await this.cycles(content.groupId)
    for (const cycle of cycles.slice(KEPT)) await rm(join(folder, nameOf(cycle)), { force: true })
  }

  /** Cycles of which there are snapshots, newest first. */
  cycles(groupId: string): Promise<readonly number[]> {
    return snapshotNumbers(this.#folder(groupId))
  }

  /**
   * Reads a snapshot.
   * @throws WeirError WEIR_SNAPSHOT when it is damaged or of another version
   */
  async read(groupId: string, cycle: number): Promise<SnapshotContent> {
    const path = join(this.#folder(groupId), nameOf(cycle))
    const bytes = await readFile(path)
    const end = bytes.indexOf(10)
    const header = parseSnapshotHeader<Header>(bytes.subarray(0, Math.max(0, end)), VERSION)
    if (header === undefined || header.groupId !== groupId || header.cycle !== cycle)
      throw refused(path, 'its header is damaged or of another version')
    const agent = bytes.subarray(end + 1, end + 1 + header.agentBytes)
    const reports = bytes.subarray(end + 1 + header.agentBytes)
    if (reports.length !== header.reportBytes || digestOf(header, agent, reports) !== header.digest)
      throw refused(path, 'it does not match its digest')
    const { sequence, resultSequence, standing } = header
    return {
      groupId,
      cycle,
      sequence,
      resultSequence,
      standing,
      agent,
      agentDigest: Buffer.from(header.agentDigest, 'hex'),
      reports,
    }
  }

  #folder(groupId: string): string {
    return join(this.#directory, folderName(groupId))
  }
}

/** Group ids come from input and may hold anything; the folder's name is safe and unique. */
function folderName(groupId: string): string {
  const safe = encodeURIComponent(groupId).replaceAll('*', '%2A')
  return safe === '.' || safe === '..' || safe.length > 200
    ? `sha256-${createHash('sha256').update(groupId).digest('hex')}`
    : safe
}

function nameOf(cycle: number): string {
  return snapshotName(cycle, CYCLE_DIGITS)
}

function digestOf(header: Header, agent: Uint8Array, reports: Uint8Array): string {
  const text = JSON.stringify({ ...header, digest: '' })
  return createHash('sha256').update(text).update(agent).update(reports).digest('hex')
}

function refused(path: string, why: string): WeirError {
  return new WeirError('WEIR_SNAPSHOT', `the snapshot is not used: ${why}`, {
    place: path,
    remedy: 'an older one or the journal is used instead; the file can be removed',
  })
}
