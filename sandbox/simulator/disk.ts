/**
 * The disk of one machine with its snapshots: writes take time, are torn by a crash, and what lies there may rot.
 *
 * It survives the instance. Snapshots lie there as the bytes of the production file format. Depends on that format.
 */

import { PendingOperation } from '../../pipeline/runtime/distributed/pending-operation.js'
import type {
  Operation,
  PartitionSnapshot,
  SnapshotMemory,
} from '../../pipeline/runtime/distributed/ports.js'
import { decodeSnapshot, encodeSnapshot } from '../../pipeline/runtime/distributed/snapshot-codec.js'
import type { Random } from '../random.js'
import { faultOf } from './fault-of.js'
import type { Process } from './process.js'
import { MILLISECOND, type Scheduler } from './scheduler.js'

interface StoredFile {
  readonly partition: number
  readonly offset: number
  bytes: Buffer
}

const WRITE_MICROS = { least: 1 * MILLISECOND, most: 300 * MILLISECOND }
const READ_MICROS = { least: 1 * MILLISECOND, most: 20 * MILLISECOND }
const KEPT_A_PARTITION = 2

/** What lies on the disk; kept when the process dies. */
export class SimulatedDisk {
  readonly files: StoredFile[] = []
  #fullUntilMicros = -1
  #tearing: (() => void) | undefined
  /** Writes under way. */
  readonly underWay = new Set<StoredFile>()
  readonly counts = { written: 0, torn: 0, rotten: 0, refused: 0, full: 0 }

  constructor(
    private readonly scheduler: Scheduler,
    readonly random: Random,
  ) {}

  /** The machine dies in the middle of the next write. */
  armTear(die: () => void): void {
    this.#tearing = die
  }

  begin(file: StoredFile): void {
    this.underWay.add(file)
    const die = this.#tearing
    this.#tearing = undefined
    if (die !== undefined) this.scheduler.after(WRITE_MICROS.least / 2, 'dies while it writes', die)
  }

  get full(): boolean {
    return this.#fullUntilMicros > this.scheduler.nowMicros
  }

  fill(durationMicros: number): void {
    this.#fullUntilMicros = this.scheduler.nowMicros + durationMicros
  }

  /** The process died: a write under way is lost, or cut short though the file has its final name. */
  crashed(): void {
    for (const file of this.underWay) this.#tear(file)
    this.underWay.clear()
  }

  #tear(file: StoredFile): void {
    if (this.random.chance(0.3)) return
    const end = this.random.integer(0, file.bytes.length)
    const bytes = Buffer.from(file.bytes)
    // What was not synced may read as zeros as well as be missing.
    if (this.random.chance(0.5)) bytes.fill(0, end)
    this.files.push({ ...file, bytes: this.random.chance(0.5) ? bytes : bytes.subarray(0, end) })
    this.counts.torn++
  }

  /** One bit of one file turns. */
  rot(): void {
    if (this.files.length === 0) return
    const file = this.random.pick(this.files)
    if (file.bytes.length === 0) return
    const bytes = Buffer.from(file.bytes)
    bytes[this.random.integer(0, bytes.length - 1)] ^= 1 << this.random.integer(0, 7)
    file.bytes = bytes
    this.counts.rotten++
  }

  store(file: StoredFile): void {
    this.files.push(file)
    this.counts.written++
    const same = this.files.filter(({ partition }) => partition === file.partition)
    for (const old of same.slice(0, Math.max(0, same.length - KEPT_A_PARTITION))) this.remove(old)
  }

  remove(file: StoredFile): void {
    const at = this.files.indexOf(file)
    if (at >= 0) this.files.splice(at, 1)
  }
}

/** The port of one life of the instance on that disk. */
export class SimulatedSnapshots implements SnapshotMemory {
  constructor(
    private readonly disk: SimulatedDisk,
    private readonly process: Process,
    private readonly bell: () => void,
  ) {}

  newest(partition: number): Operation<PartitionSnapshot | undefined> {
    const operation = new PendingOperation<PartitionSnapshot | undefined>({ ring: this.bell })
    const { least, most } = READ_MICROS
    this.process.after(this.disk.random.integer(least, most), 'snapshot read', () => {
      const files = this.disk.files.filter((file) => file.partition === partition)
      for (const file of files.sort((a, b) => b.offset - a.offset)) {
        const snapshot = decodeSnapshot(file.bytes)
        if (snapshot !== undefined) {
          operation.succeed(snapshot)
          return
        }
        this.disk.counts.refused++
        this.disk.remove(file)
      }
      operation.succeed(undefined)
    })
    return operation
  }

  write(snapshot: PartitionSnapshot): Operation<void> {
    const operation = new PendingOperation<void>({ ring: this.bell })
    const { partition, offset } = snapshot
    const file = { partition, offset, bytes: Buffer.from(encodeSnapshot(snapshot)) }
    this.disk.begin(file)
    const { least, most } = WRITE_MICROS
    this.process.after(this.disk.random.integer(least, most), 'snapshot written', () => {
      this.disk.underWay.delete(file)
      if (this.disk.full) {
        this.disk.counts.full++
        operation.fail(faultOf('retriable', 'no space is left for the snapshot', 'WEIR_SNAPSHOT'))
        return
      }
      this.disk.store(file)
      operation.succeed(undefined)
    })
    return operation
  }

  discard(partition: number, offset: number): void {
    for (const file of [...this.disk.files])
      if (file.partition === partition && file.offset === offset) this.disk.remove(file)
  }
}
