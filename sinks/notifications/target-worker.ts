/**
 * Delivers what one target still has to be told: in order, at its rate, again after a pause when it fails.
 *
 * Each target has a worker and an outbox of its own, so one that is down holds up no other. Time, randomness and waiting are given, so that a
 * day of failures is tested in a moment. Depends on the outbox.
 */
import type { Delivery, Target } from './delivery.js'
import type { Waiting } from './outbox.js'
import type { OutboxFile } from './outbox-file.js'

export interface WorkerPorts {
  readonly nowMs: () => number
  /** Uniform from 0 to 1, 1 excluded. */
  readonly random: () => number
  /** Resolves when the time is over, at the next ring, or when the signal is aborted. */
  readonly wait: (mostMs: number) => Promise<void>
  readonly signal: AbortSignal
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void }
}

/** With the pauses below, about two hours: a receiver's deployment or a night watch. */
const ATTEMPTS_MOST = 30
/** A receiver that does not want one must not keep the others waiting. */
const REFUSED_ATTEMPTS_MOST = 3
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 300_000
/** Nothing rings when a minute is over. */
const LOOK_INTERVAL_MS = 1_000
const MINUTE_MS = 60_000

export interface WorkerProgress {
  readonly target: string
  readonly waiting: number
  /** Alerts that are told as a sum only. */
  readonly omitted: number
  /** Since the start. */
  readonly delivered: number
  readonly givenUp: number
  /** Why the last attempt failed; null when it did not. */
  readonly trouble: string | null
}

export class TargetWorker {
  readonly #target: Target
  readonly #file: OutboxFile
  readonly #ports: WorkerPorts
  /** When the latest deliveries were attempted, within the last minute. */
  #attemptedMs: number[] = []
  #attempts = 0
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #delivered = 0
  #givenUp = 0
  #trouble: string | null = null

  constructor(target: Target, file: OutboxFile, ports: WorkerPorts) {
    this.#target = target
    this.#file = file
    this.#ports = ports
  }

  get progress(): WorkerProgress {
    const { waiting, omitted } = this.#file.outbox
    const counts = { delivered: this.#delivered, givenUp: this.#givenUp, trouble: this.#trouble }
    return { target: this.#target.name, waiting, omitted, ...counts }
  }

  get isIdle(): boolean {
    return this.#file.outbox.head === undefined
  }

  /** Until the signal is aborted. @throws what keeps progress from being kept */
  async run(): Promise<void> {
    const { signal, wait } = this.#ports
    while (!signal.aborted) {
      const pauseMs = await this.step()
      if (pauseMs > 0 && !signal.aborted) await wait(Math.min(pauseMs, LOOK_INTERVAL_MS))
    }
  }

  /** One attempt, if one may be made now. @returns how long there is nothing to do; 0 to go on at once */
  async step(): Promise<number> {
    const { nowMs, signal } = this.#ports
    const head = this.#file.outbox.head
    if (head === undefined) return LOOK_INTERVAL_MS
    const pauseMs = Math.max(this.#notBeforeMs - nowMs(), this.#ratePauseMs())
    if (pauseMs > 0) return pauseMs
    // What is sent is durable first: a summary has the same bytes after a crash.
    await this.#file.keep()
    this.#attemptedMs.push(nowMs())
    const delivery = await this.#target.channel.deliver(head, signal)
    if (signal.aborted && !delivery.delivered) return 0
    this.#settle(head, delivery)
    await this.#file.keep()
    return 0
  }

  #ratePauseMs(): number {
    const nowMs = this.#ports.nowMs()
    this.#attemptedMs = this.#attemptedMs.filter((atMs) => nowMs - atMs < MINUTE_MS)
    if (this.#attemptedMs.length < this.#target.perMinute) return 0
    return (this.#attemptedMs[0] ?? nowMs) + MINUTE_MS - nowMs
  }

  #settle({ id, title }: Waiting, delivery: Delivery): void {
    const { log } = this.#ports
    const target = this.#target.name
    if (delivery.delivered) {
      this.#file.outbox.delivered(id)
      this.#delivered += 1
      this.#attempts = 0
      this.#trouble = null
      log.info({ target, id, title }, 'a notification was delivered')
      return
    }
    const { failure, reason } = delivery
    this.#attempts += 1
    this.#trouble = reason
    const most = failure === 'refused' ? REFUSED_ATTEMPTS_MOST : ATTEMPTS_MOST
    if (this.#attempts >= most) {
      this.#file.outbox.giveUp(id)
      this.#givenUp += 1
      this.#attempts = 0
      log.warn({ target, id, title, reason }, 'a notification was given up; it is told in a sum later')
    } else log.warn({ target, id, reason, attempts: this.#attempts }, 'a notification is tried again later')
    this.#notBeforeMs = this.#ports.nowMs() + Math.max(this.#backoffMs(), delivery.pauseMs ?? 0)
  }

  /** Doubles up to a bound; the upper half is drawn, so that targets behind one gateway do not come back at once. */
  #backoffMs(): number {
    const doubled = FIRST_PAUSE_MS * 2 ** Math.min(Math.max(this.#attempts, 1) - 1, 20)
    return Math.min(doubled, LONGEST_PAUSE_MS) * (0.5 + this.#ports.random() / 2)
  }
}
