/**
 * Snapshots of partitions in the data directory: the local memory of an instance, behind the port of the distributed runtime.
 *
 *   DIR/snapshots/partition-N/OFFSET.snapshot
 *
 * A file that is not whole is passed over and told; the next older one serves, or the journal. Depends on node:fs.
 */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { WeirError } from '../../errors.js'
import { PendingOperation, type Ringable } from '../distributed/pending-operation.js'
import type { Notices, Operation, PartitionSnapshot, SnapshotMemory } from '../distributed/ports.js'
import { decodeSnapshot, encodeSnapshot } from '../distributed/snapshot-codec.js'
import { replaceFile, syncDirectory } from '../encoding/files.js'
import { snapshotName, snapshotNumbers } from './snapshot-files.js'

/** The newest may be damaged by the disk; an older one keeps a restart from beginning at the start. */
const KEPT = 2
const OFFSET_DIGITS = 12

export class PartitionSnapshots implements SnapshotMemory {
  readonly #directory: string
  readonly #bell: Ringable
  readonly #notices: Notices

  /** @param directory `DIR/snapshots` */
  constructor(directory: string, bell: Ringable, notices: Notices) {
    this.#directory = directory
    this.#bell = bell
    this.#notices = notices
  }

  newest(partition: number): Operation<PartitionSnapshot | undefined> {
    const operation = new PendingOperation<PartitionSnapshot | undefined>(this.#bell)
    this.#newest(partition).then(
      (snapshot) => operation.succeed(snapshot),
      (error: unknown) => {
        // The journal holds everything that a snapshot does.
        this.#notices.warn(`snapshots cannot be read: ${messageOf(error)}`, { partition })
        operation.succeed(undefined)
      },
    )
    return operation
  }

  write(snapshot: PartitionSnapshot): Operation<void> {
    const operation = new PendingOperation<void>(this.#bell)
    this.#write(snapshot).then(
      () => operation.succeed(undefined),
      (error: unknown) => operation.fail({ kind: 'retriable', error: unwritten(this.#directory, error) }),
    )
    return operation
  }

  discard(partition: number, offset: number): void {
    rm(join(this.#folder(partition), nameOf(offset)), { force: true }).catch((error: unknown) =>
      this.#notices.warn(`a snapshot cannot be removed: ${messageOf(error)}`, { partition, offset }),
    )
  }

  async #newest(partition: number): Promise<PartitionSnapshot | undefined> {
    for (const offset of await snapshotNumbers(this.#folder(partition))) {
      const path = join(this.#folder(partition), nameOf(offset))
      const snapshot = decodeSnapshot(await readFile(path))
      if (snapshot !== undefined && snapshot.partition === partition) return snapshot
      this.#notices.warn(
        'a snapshot is damaged or of another version, and not used, see docs/runbook/restore-from-snapshot.md',
        { path },
      )
      await rm(path, { force: true })
    }
    return undefined
  }

  async #write(snapshot: PartitionSnapshot): Promise<void> {
    const { partition, offset } = snapshot
    const folder = this.#folder(partition)
    await mkdir(folder, { recursive: true })
    await syncDirectory(this.#directory)
    await replaceFile(join(folder, nameOf(offset)), [encodeSnapshot(snapshot)])
    const offsets = await snapshotNumbers(this.#folder(partition))
    for (const old of offsets.slice(KEPT)) await rm(join(folder, nameOf(old)), { force: true })
  }

  #folder(partition: number): string {
    return join(this.#directory, `partition-${partition}`)
  }
}

function nameOf(offset: number): string {
  return snapshotName(offset, OFFSET_DIGITS)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function unwritten(directory: string, error: unknown): WeirError {
  return new WeirError('WEIR_SNAPSHOT', `it cannot be written: ${messageOf(error)}`, {
    place: directory,
    remedy:
      'free space on the disk, see docs/runbook/disk-full.md; until then a restart reads more of the journal, and nothing is lost',
    cause: error,
  })
}
