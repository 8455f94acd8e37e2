/**
 * The orders of a promotion on their way: one letter at a time, signed, sent, and seen in the journal that the promotion follows anyway.
 * Depends on the signer and the delivery.
 */
import type { Stage } from '../../pipeline/governance/trial-alerts.js'
import type { JournalBody } from '../../pipeline/ports.js'
import type { JournalTarget } from '../people/followed-journal.js'
import { commandRecord, type LetterRecord, letterName } from '../people/letter.js'
import { type Outcome, OutcomeWatch } from '../people/outcome.js'
import type { Settings } from '../people/people-flags.js'
import { deliver, lifetimeOf, runOf } from '../people/send.js'
import type { Order, Signer } from '../people/signer.js'

/** Letters one after the other that no journal shows: five minutes without an owner, at the usual wait. */
const UNSEEN_MOST = 10

interface Letter {
  readonly watch: OutcomeWatch
  readonly untilMs: number
}

export class PromotionLetters {
  /** Of the last letter; undefined for a roll-back. */
  stage: Stage | undefined
  #letter: Letter | undefined
  #unseen = 0

  constructor(
    private readonly settings: Settings,
    private readonly target: JournalTarget,
    private readonly signer: Signer,
  ) {}

  async send(orders: readonly Order[], stage: Stage | undefined): Promise<void> {
    const run = await runOf(this.target)
    const lifetime = lifetimeOf(this.settings, run)
    const records: LetterRecord[] = orders.map((order) => commandRecord(this.signer.sign(order, lifetime)))
    this.stage = stage
    await deliver(this.target, run, letterName(records, lifetime.atMicros), records, false)
    const waitMs = this.settings.flags.wait === false ? 0 : this.settings.flags.wait
    this.#letter = { watch: new OutcomeWatch(records), untilMs: performance.now() + waitMs }
  }

  take(body: JournalBody): void {
    this.#letter?.watch.take(body)
  }

  /**
   * What came of the letter, once all of it is known or no longer waited for; nothing when none is on its way. What is not seen in time may be
   * ordered again: a group takes it once.
   */
  settled(): readonly Outcome[] | 'waits' | 'given-up' {
    if (this.#letter === undefined) return []
    const { watch, untilMs } = this.#letter
    const isSeen = watch.isComplete([])
    if (!isSeen && performance.now() < untilMs) return 'waits'
    this.#letter = undefined
    this.#unseen = isSeen ? 0 : this.#unseen + 1
    return this.#unseen >= UNSEEN_MOST ? 'given-up' : watch.outcomes
  }
}
