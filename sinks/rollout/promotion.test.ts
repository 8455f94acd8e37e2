/** A promotion of the agent's own trials: what it orders is what the agent takes, up to the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Move, Promotion } from '../../pipeline/governance/promotion.js'
import { sha256, toHex } from '../../pipeline/identity.js'
import { GROUP } from '../../tests/support/small-group.js'
import { alertOf, candidate, SmallGroupTrial } from '../../tests/support/small-group-trial.js'
import { PolicyStatusView } from './policy-status.js'

/** Far more than any of the trials needs. */
const PAYMENTS_MOST = 120

/** Follows a trial as the command does: looks, orders what is next, and lets a payment come. */
class PromotedTrial {
  readonly #view = new PolicyStatusView()
  readonly #promotion: Promotion
  readonly orders: string[] = []
  #declared = 0
  #seen = 0

  constructor(
    readonly trial: SmallGroupTrial,
    patience: number,
  ) {
    const digest = toHex(sha256(Buffer.from(trial.detail, 'utf8')))
    this.#promotion = new Promotion({ change: 'second', digest, patience, rollsBack: false })
  }

  /** Until the end; `each` is called before each payment. */
  run(each: (orders: readonly string[]) => void = () => undefined): Extract<Move, { kind: 'end' }> {
    for (let payments = 0; payments < PAYMENTS_MOST; payments++) {
      const move = this.#next()
      if (move.kind === 'end') return move
      if (move.kind === 'activate') this.#order(move)
      each(this.orders)
      this.trial.pay()
    }
    return assert.fail(`no end after ${this.orders.join()}`)
  }

  #next(): Move {
    const { driver, cycles, applied } = this.trial
    const declarations = driver.declarations()
    for (const one of declarations.slice(this.#declared))
      this.#view.take(0, { 'weir.SourceDeclaration': one })
    this.#declared = declarations.length
    for (; this.#seen < applied.length; this.#seen++) {
      this.#view.take(0, { 'weir.Cycle': cycles[this.#seen]! })
      this.#view.take(0, { 'weir.CycleResult': applied[this.#seen]!.result })
    }
    return this.#promotion.next(this.#view.status.changes)
  }

  #order({ stage, groups }: Extract<Move, { kind: 'activate' }>): void {
    assert.deepEqual(groups, [GROUP])
    this.orders.push(stage)
    const taken = this.trial.go(stage)
    assert.equal(alertOf(taken, 'command-refused'), undefined, `${stage} is refused`)
  }
}

test('a policy that keeps its guardrails goes through shadow and canary into force everywhere, each order taken at once', async () => {
  const trial = await SmallGroupTrial.approved(candidate())
  const promoted = new PromotedTrial(trial, 50)
  assert.equal(promoted.run().end, 'in-force')
  assert.deepEqual(promoted.orders, ['shadow', 'canary', 'full'])
})

test('one that begins anew in the middle orders only what is left', async () => {
  const trial = await SmallGroupTrial.approved(candidate())
  const first = new PromotedTrial(trial, 50)
  assert.throws(() =>
    first.run((orders) => {
      if (orders.includes('canary')) throw new Error('killed')
    }),
  )
  const second = new PromotedTrial(trial, 50)
  assert.equal(second.run().end, 'in-force')
  assert.deepEqual([first.orders, second.orders], [['shadow', 'canary'], ['full']])
})

test('one that people take back ends there', async () => {
  const trial = await SmallGroupTrial.approved(candidate())
  const promoted = new PromotedTrial(trial, 50)
  const { end, why } = promoted.run((orders) => {
    if (orders.includes('canary') && trial.ended === undefined) trial.rollBack()
  })
  assert.equal(end, 'taken-back')
  assert.match(why, /olga: test/)
})

test('one whose guardrails stay open is given up after the decisions that patience allows', async () => {
  // Asked to be cheaper than the former, which the same plans never are.
  const plan = 'cohortPercent: 100, shadowDecisions: 2, decisions: 3, costRegretBp: 0'
  const trial = await SmallGroupTrial.approved(candidate(plan))
  const { end, why } = new PromotedTrial(trial, 4).run()
  assert.equal(end, 'inconclusive')
  assert.match(why, /europe has made 12 decisions as canary, where 3 are asked for/)
})
