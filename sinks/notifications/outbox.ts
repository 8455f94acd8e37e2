/**
 * What one target still has to be told, and how far it read the journal: one value, kept in one step.
 *
 *   places    of each partition: in front of the first entry that was not looked at
 *   waiting   oldest first, at most WAITING_MOST
 *   omitted   a sum of what came while waiting was full, and of what was given up; told as one notification when there is room again
 *
 * Because places and waiting notifications are kept together, a restart neither loses an alert nor takes one twice; what was delivered after
 * the last time it was kept is delivered again, with the same id. Pure; depends on the form of notifications.
 */
import { WeirError } from '../../pipeline/errors.js'
import type { Alert } from '../../schemas/generated/types.js'
import type { JournalPlace } from '../journal/journal-port.js'
import {
  alertNotification,
  type Notification,
  type Omitted,
  omit,
  omittedNotification,
  together,
} from './notification.js'

/** Hours of alerts on a bad day. More, one by one, nobody reads. */
export const WAITING_MOST = 1_000
/** A summary waits until half of the queue is told, so that a slow target gets one large sum and not many small ones. */
const ROOM_FOR_SUMMARY = WAITING_MOST / 2

export interface PartitionPlace extends JournalPlace {
  readonly partition: number
  /** Identity of the partition's journal. */
  readonly journalId: string
}

/** What a waiting notification stands for, should it be given up. */
export interface Waiting extends Notification {
  readonly omitted: Omitted
}

export interface OutboxState {
  readonly version: 1
  readonly places: readonly PartitionPlace[]
  readonly waiting: readonly Waiting[]
  readonly omitted: Omitted | null
}

export const EMPTY_OUTBOX: OutboxState = { version: 1, places: [], waiting: [], omitted: null }

export class Outbox {
  readonly #places = new Map<number, PartitionPlace>()
  readonly #waiting: Waiting[]
  #omitted: Omitted | undefined
  #revision = 0

  constructor(state: OutboxState = EMPTY_OUTBOX) {
    for (const place of state.places) this.#places.set(place.partition, place)
    this.#waiting = [...state.waiting]
    this.#omitted = state.omitted ?? undefined
  }

  /** Changes with every change. */
  get revision(): number {
    return this.#revision
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Alerts that are told as a sum only. */
  get omitted(): number {
    return this.#omitted?.count ?? 0
  }

  /** What is delivered next. A summary is fixed when it gets here, so that all attempts have the same bytes. */
  get head(): Waiting | undefined {
    this.#makeRoom()
    return this.#waiting[0]
  }

  /** @throws WeirError WEIR_JOURNAL when the partition is of another journal than before */
  placeOf(partition: number, journalId: string): JournalPlace | undefined {
    const place = this.#places.get(partition)
    if (place === undefined || place.journalId === journalId) return place
    throw new WeirError('WEIR_JOURNAL', 'the progress of the notifications is of another journal', {
      place: `partition ${partition}`,
      remedy:
        'give another --data-dir, or remove the folder notifications in it: all alerts are told anew then',
    })
  }

  /** The alerts of one entry that are wanted, and the place behind it. Entries come in order, and one that was taken is passed over. */
  take(journalId: string, partition: number, alerts: readonly Alert[], after: JournalPlace): void {
    if (after.sequence <= (this.#places.get(partition)?.sequence ?? 0)) return
    for (const alert of alerts) this.#offer(journalId, alert)
    this.#places.set(partition, { ...after, partition, journalId })
    this.#revision += 1
  }

  /** @param id of the head that was delivered */
  delivered(id: string): void {
    if (this.#waiting[0]?.id !== id) return
    this.#waiting.shift()
    this.#revision += 1
  }

  /** It is tried no more: what it stands for is counted among what is told as a sum. */
  giveUp(id: string): void {
    const head = this.#waiting[0]
    if (head?.id !== id) return
    this.#waiting.shift()
    this.#omitted = together(this.#omitted, head.omitted)
    this.#revision += 1
  }

  state(): OutboxState {
    return {
      version: 1,
      places: [...this.#places.values()],
      waiting: [...this.#waiting],
      omitted: this.#omitted ?? null,
    }
  }

  #offer(journalId: string, alert: Alert): void {
    const notification = alertNotification(journalId, alert)
    const one = omit(undefined, alert, notification.id)
    this.#makeRoom()
    // While something is left out, what comes later is too: a sum is of what came in a row.
    if (this.#omitted !== undefined || this.#waiting.length >= WAITING_MOST)
      this.#omitted = together(this.#omitted, one)
    else this.#waiting.push({ ...notification, omitted: one })
  }

  #makeRoom(): void {
    if (this.#omitted === undefined || this.#waiting.length > ROOM_FOR_SUMMARY) return
    this.#waiting.push({ ...omittedNotification(this.#omitted), omitted: this.#omitted })
    this.#omitted = undefined
    this.#revision += 1
  }
}
