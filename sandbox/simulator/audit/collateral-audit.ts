/**
 * The bank takes no draw on a secured facility that its own book does not see covered, and no bond twice: reckoned from what the feed said
 * of bonds and what the ledger says happened, in its order, without a line of the agent's code.
 *
 * Depends on the bank's book of collateral and its ledger.
 */
import { CollateralBook, type CollateralTerms } from '../../bank/collateral-book.js'
import type { LedgerEvent } from '../bank/ledger.js'
import { hold } from './violation.js'

export class CollateralAudit {
  readonly #book: CollateralBook
  #checked = 0
  /** For secured facilities. */
  readonly taken = { pledges: 0, draws: 0, releases: 0 }

  constructor(
    private readonly terms: CollateralTerms,
    private readonly ledger: { readonly history: readonly LedgerEvent[] },
  ) {
    this.#book = new CollateralBook(terms)
  }

  /** Looks at what has happened since the last call. */
  advance(): void {
    const { history } = this.ledger
    for (; this.#checked < history.length; this.#checked++) this.#check(history[this.#checked])
  }

  #check({ atMicros, instruction, settledMinor }: LedgerEvent): void {
    if (settledMinor !== undefined) {
      this.#book.end(instruction, settledMinor)
      return
    }
    const refusal = this.#book.refusal(instruction, atMicros)
    const { kind, channelId, groupId, cycle, assetId } = instruction
    hold(
      refusal === '',
      'draws-covered',
      () =>
        `${kind} ${assetId} over ${channelId} of ${groupId}, cycle ${cycle}: the lender's book says ${refusal}`,
    )
    this.#book.hold(instruction)
    const isSecured = this.terms.facilities.some(
      (one) => one.groupId === groupId && one.facilityId === channelId,
    )
    if (!isSecured) return
    if (kind === 'PLEDGE') this.taken.pledges++
    if (kind === 'DRAW') this.taken.draws++
    if (kind === 'RELEASE') this.taken.releases++
  }
}
