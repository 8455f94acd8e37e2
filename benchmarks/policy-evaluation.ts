/**
 * One evaluation of an eligibility rule: Weir's compiled rule, the same rule in Cedar, and the same expression planned by
 * `@bufbuild/cel`.
 *
 * All are parsed beforehand and see the same moves in the same order, each in the form that it takes. Cedar's binding takes a request
 * with its context as an object for every call, so its figure has the crossing into WASM in it, as any use of it would. Depends on governance.
 */

import { type CelResult, celEnv, parse, plan } from '@bufbuild/cel'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
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

/** The same conditions in Cedar. */
const CEDAR = `permit(principal, action, resource) when {
  (context.kind != "FX" || context.amountMinor <= 500000000) &&
  ["BANK-A", "BANK-B", "BANK-C"].contains(context.counterpartyId) &&
  context.sourceAvailableMinor - context.amountMinor >= 100000000 && context.minuteOfDay < 18 * 60
};`

const MOVES = 64
/** Evaluations of a sample: one alone is shorter than the clock's step. */
const BATCH = 256

export const policyEvaluation: Scenario = {
  name: 'policy-evaluation',
  family: 'governance',
  measures: `one evaluation of a rule of four conditions (mean of ${BATCH}), parsed beforehand`,
  warmUpRounds: 10,
  rounds: 100,
  contenders() {
    const facts = Array.from({ length: MOVES }, (_, index) => moveOf(index))
    const maps = facts.map(asMaps)
    const rule = compileRule(RULE)
    const peer = plan(celEnv(), parse(RULE)) as (bindings: object) => CelResult
    const allowed = facts.filter((one) => rule.allows(one)).length
    const agreed = maps.filter((one) => peer(one) === true).length
    const requests = facts.map(asRequest)
    const prepared = cedar.preparsePolicySet('rule', { staticPolicies: CEDAR })
    if (prepared.type !== 'success') throw new Error(`Cedar refuses the rule: ${JSON.stringify(prepared)}`)
    const permitted = requests.filter(permits).length
    if (permitted !== allowed) throw new Error(`Cedar allows ${permitted}, not ${allowed} moves`)
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
          name: '@cedar-policy/cedar-wasm',
          role: 'peer' as const,
          round: rounds((at) => permits(requests[at])),
        },
        {
          name: '@bufbuild/cel',
          role: 'peer' as const,
          round: rounds((at) => peer(maps[at]) === true),
        },
      ],
      notes: [`${allowed} of ${MOVES} moves are allowed, by all`],
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

/** Amounts as numbers, which is all that the binding takes; these are far below 2^53. */
function asRequest({ move, channel, balance, time }: RuleFacts) {
  return {
    principal: { type: 'Agent', id: 'agent' },
    action: { type: 'Action', id: 'move' },
    resource: { type: 'Channel', id: channel.id },
    context: {
      kind: move.kind,
      amountMinor: Number(move.amountMinor),
      counterpartyId: channel.counterpartyId,
      sourceAvailableMinor: Number(balance.sourceAvailableMinor),
      minuteOfDay: Number(time.minuteOfDay),
    },
    preparsedPolicySetId: 'rule',
    entities: [],
  }
}

function permits(request: ReturnType<typeof asRequest>): boolean {
  const answer = cedar.statefulIsAuthorized(request)
  return answer.type === 'success' && answer.response.decision === 'allow'
}
