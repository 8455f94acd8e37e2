/**
 * One evaluation of an eligibility rule: Weir's compiled rule and the same expression planned by `@bufbuild/cel`.
 *
 * Both are parsed beforehand and see the same moves in the same order, each in the form that it takes without conversion. The peer is
 * the nearest to the CEL specification in JavaScript; Weir's is checked against it in the tests. Depends on governance.
 */
import { type CelResult, celEnv, parse, plan } from '@bufbuild/cel'
import { compileRule } from '../pipeline/governance/rule.js'
import {
  BalanceFacts,
  ChannelFacts,
  EndFacts,
  MoveFacts,
  type RuleFacts,
  timeFactsAt,
} from '../pipeline/governance/rule-facts.js'
import { nowMicros, type Scenario } from './harness.js'

/** Of the size and kind that a policy has. */
const RULE =
  '(move.kind != "FX" || move.amountMinor <= 500000000) && channel.counterpartyId in ["BANK-A", "BANK-B", "BANK-C"] && ' +
  'balance.sourceAvailableMinor - move.amountMinor >= 100000000 && time.minuteOfDay < 18 * 60'

const MOVES = 64
/** Evaluations of a sample: one alone is shorter than the clock's step. */
const BATCH = 1_024

export const policyEvaluation: Scenario = {
  name: 'policy-evaluation',
  measures: `one evaluation of a rule of four conditions (mean of ${BATCH}), parsed beforehand`,
  warmUpRounds: 20,
  rounds: 200,
  contenders() {
    const facts = Array.from({ length: MOVES }, (_, index) => moveOf(index))
    const maps = facts.map(asMaps)
    const rule = compileRule(RULE)
    const peer = plan(celEnv(), parse(RULE)) as (bindings: object) => CelResult
    const allowed = facts.filter((one) => rule.allows(one)).length
    const agreed = maps.filter((one) => peer(one) === true).length
    if (allowed !== agreed || allowed === 0 || allowed === MOVES)
      throw new Error(`the rule allows ${allowed} and ${agreed} of ${MOVES} moves`)
    return Promise.resolve({
      list: [
        {
          name: 'weir (cel-js)',
          role: 'weir' as const,
          round: rounds((at) => rule.allows(facts[at])),
        },
        {
          name: '@bufbuild/cel',
          role: 'peer' as const,
          round: rounds((at) => peer(maps[at]) === true),
        },
      ],
      notes: [`${allowed} of ${MOVES} moves are allowed, by both`],
    })
  },
}

/** A round of one sample; the answers are counted so that none can be left out. */
function rounds(allows: (at: number) => boolean): (samples: number[]) => void {
  let counted = 0
  return (samples) => {
    const started = nowMicros()
    for (let index = 0; index < BATCH; index++) if (allows(index % MOVES)) counted++
    samples.push((nowMicros() - started) / BATCH)
    if (counted === 0) throw new Error('no move was allowed')
  }
}

function moveOf(index: number): RuleFacts {
  const kind = index % 3 === 0 ? 'FX' : 'TRANSFER'
  const bank = `BANK-${'ABCD'[index % 4]}`
  const amountMinor = BigInt(index * 20_000_000 + 1)
  return {
    move: new MoveFacts(kind, amountMinor, 'EUR', amountMinor, 'EUR'),
    source: new EndFacts('DE-PAYMENTS', 'BANK-A'),
    destination: new EndFacts('FR-OPERATING', bank),
    channel: new ChannelFacts(`R${index}`, bank, 'VENUE'),
    balance: new BalanceFacts(1_000_000_000n, 1_000_000_000n, 0n, 0n),
    time: timeFactsAt(Date.UTC(2026, 2, 18, 12) * 1000),
  }
}

function asMaps(facts: RuleFacts): Record<string, Map<string, string | bigint>> {
  return Object.fromEntries(
    Object.entries(facts).map(([root, record]) => [root, new Map(Object.entries(record as object))]),
  )
}
