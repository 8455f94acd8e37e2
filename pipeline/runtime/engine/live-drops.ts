/**
 * Takes what people drop into a run that is under way: into the open cycles of the groups it is for, and away from the folder once the
 * journal holds it.
 *
 * A drop that was taken and whose cycle was lost with the tail of the journal is still in the folder and is taken again; one that
 * the journal holds is a duplicate to the agent, which knows commands by id and documents by digest. So removal may be late, never early.
 * Depends on the drop folder, the groups and the journal.
 */
import type { Logger } from 'pino'
import { WeirError } from '../../errors.js'
import type { Journal } from '../journal/journal.js'
import type { DropFolder, DroppedRecord } from '../sources/drop-folder.js'
import type { Router } from '../sources/router.js'
import type { GroupRun } from './group-run.js'
import type { SourceNumbers } from './source-numbers.js'

export interface LiveDropsParts {
  readonly folder: DropFolder
  readonly sources: SourceNumbers
  readonly groups: readonly GroupRun[]
  readonly router: Router<GroupRun>
  readonly journal: Journal
  readonly logger: Logger | undefined
}

/** One record of a drop in one group, until a cycle holds it. */
interface Awaited {
  readonly group: GroupRun
  readonly source: number
  readonly position: number
}

interface Taken {
  readonly name: string
  awaited: readonly Awaited[]
  /** Journal entry at or after the last cycle that holds a part of it; -1 while parts are in no cycle. */
  sequence: number
}

/** A person does not notice it, and a look costs some microseconds. */
export const LOOK_EVERY_MS = 100

export class LiveDrops {
  readonly #parts: LiveDropsParts
  readonly #taken: Taken[] = []
  #lookAtMs = 0

  constructor(parts: LiveDropsParts) {
    this.#parts = parts
  }

  /** Whether something is there to be taken; looks at the folder only now and then. */
  look(): boolean {
    if (performance.now() < this.#lookAtMs) return false
    this.#lookAtMs = performance.now() + LOOK_EVERY_MS
    return this.#names().length > 0
  }

  /** Takes all that is there. Every group must have been told of all inputs that arrive before `arrivedAtMicros`. */
  take(arrivedAtMicros: number): number {
    const { folder, logger } = this.#parts
    let count = 0
    for (const name of this.#names()) {
      try {
        const { records } = folder.read(name)
        const awaited = records.flatMap((record) => this.#add(record, arrivedAtMicros))
        this.#taken.push({ name, awaited, sequence: -1 })
        count += records.length
        logger?.info({ drop: name, records: records.length }, 'people sent records')
      } catch (error) {
        if (!(error instanceof WeirError)) throw error
        folder.refuse(name, error.toLine())
        logger?.warn({ drop: name }, error.toLine())
      }
    }
    return count
  }

  /** Removes what the journal holds. */
  settle(): void {
    const { journal, folder } = this.#parts
    for (let index = 0; index < this.#taken.length; ) {
      const drop = this.#taken[index]
      if (drop.sequence < 0) {
        drop.awaited = drop.awaited.filter((one) => !isInCycle(one))
        if (drop.awaited.length === 0) drop.sequence = journal.nextSequence - 1
      }
      if (drop.sequence >= 0 && journal.durable >= drop.sequence) {
        folder.remove(drop.name)
        this.#taken.splice(index, 1)
      } else index++
    }
  }

  /** Those that were not taken yet. */
  #names(): string[] {
    const taken = new Set(this.#taken.map(({ name }) => name))
    return this.#parts.folder.names().filter((name) => !taken.has(name))
  }

  #add({ stream, groupId, bytes }: DroppedRecord, arrivedAtMicros: number): Awaited[] {
    const source = this.#parts.sources.ofDrops(stream)
    const position = this.#nextPosition(source)
    return this.#parts.router.receivers(groupId).map((group) => {
      group.timeline.addInput(source, position, arrivedAtMicros, bytes)
      return { group, source, position }
    })
  }

  readonly #positions = new Map<number, number>()

  /** Positions of a source only rise, over restarts too: a group tells the last one that its journal holds. */
  #nextPosition(source: number): number {
    let next = this.#positions.get(source)
    next ??= Math.max(
      0,
      ...this.#parts.groups.map(({ lastInputs }) => (lastInputs.get(source)?.position ?? -1) + 1),
    )
    this.#positions.set(source, next + 1)
    return next
  }
}

function isInCycle({ group, source, position }: Awaited): boolean {
  return (group.lastInputs.get(source)?.position ?? -1) >= position
}
