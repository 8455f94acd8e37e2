/**
 * Between the instruction topics and a venue: hands over what was committed, at least once, and never forgets a record half way.
 *
 * An offset counts as done when the venue has the instruction for good, or the answer to the question was told; what is not done is
 * read again after a restart, which is harmless because a venue knows an instruction by its id (ADR 0067). Instructions of other venues
 * are passed over: each venue has a gateway of its own. Depends on the venue port.
 */
import type { Instruction } from '../../schemas/generated/types.js'
import type { RealTimeVenue } from '../ports.js'
import { OffsetProgress } from './offset-progress.js'

export interface TopicPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface GatewayCounts {
  instructions: number
  queries: number
  /** Of other venues. */
  passedOver: number
}

/** Records under way; beyond it the topics are not read on, so that a venue that hangs costs no memory. */
const UNDER_WAY_MOST = 4_096

export class VenueGateway {
  readonly counts: GatewayCounts = { instructions: 0, queries: 0, passedOver: 0 }
  readonly #venue: RealTimeVenue
  readonly #failed: (error: unknown) => void
  readonly #progress = new Map<
    string,
    { readonly topic: string; readonly partition: number; readonly offsets: OffsetProgress }
  >()
  #underWay = 0

  /** @param failed the venue cannot be used any more; nothing that was under way counts as done */
  constructor(venue: RealTimeVenue, failed: (error: unknown) => void) {
    this.#venue = venue
    this.#failed = failed
  }

  get isFull(): boolean {
    return this.#underWay >= UNDER_WAY_MOST
  }

  /** A record that cannot be read is given as undefined: it counts as done. */
  take(kind: 'instruction' | 'query', place: TopicPlace, instruction: Instruction | undefined): void {
    const { offsets } = this.#progressOf(place)
    offsets.begin(place.offset)
    if (instruction === undefined || instruction.venueId !== this.#venue.venueId) {
      if (instruction !== undefined) this.counts.passedOver++
      offsets.end(place.offset)
      return
    }
    if (kind === 'instruction') this.counts.instructions++
    else this.counts.queries++
    this.#underWay++
    const handed = kind === 'instruction' ? this.#venue.send(instruction) : this.#venue.query(instruction)
    handed.then(() => {
      this.#underWay--
      offsets.end(place.offset)
    }, this.#failed)
  }

  /** By topic and partition, the offset from which a restart must read. */
  done(): TopicPlace[] {
    return [...this.#progress.values()].map(({ topic, partition, offsets }) => ({
      topic,
      partition,
      offset: offsets.done,
    }))
  }

  #progressOf({ topic, partition }: TopicPlace) {
    const key = `${topic}/${partition}`
    let progress = this.#progress.get(key)
    if (progress === undefined) {
      progress = { topic, partition, offsets: new OffsetProgress() }
      this.#progress.set(key, progress)
    }
    return progress
  }
}
