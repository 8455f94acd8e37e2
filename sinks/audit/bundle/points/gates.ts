/**
 * Point 5: every limit that the risk gate holds a plan against, with value, bound and slack, measured anew in the replay. Pure.
 */
import type { GateLine } from '../../../../pipeline/action/gate-report.js'
import type { Evidence } from '../evidence.js'
import { demand, type Finding } from './point.js'

const DENIED = 'gate-denied:'
/** The same plan waits for people. */
const WAITS_ALREADY = 'plan-awaits-approval'

export async function gatesPoint(evidence: Evidence): Promise<Finding> {
  const { outcome, reason } = evidence.decision
  const { examined } = await evidence.replayed()
  demand(examined !== undefined, 'the replay comes to no decision in this cycle')
  const { gate } = examined
  if (gate === undefined) {
    demand(outcome !== 'ACTED' && !reason.startsWith(DENIED), 'the replay has no plan to hold against limits')
    return { detail: `no plan was made: ${reason}` }
  }
  const denial = gate.find(({ passes }) => !passes)
  if (denial === undefined)
    demand(
      outcome === 'ACTED' || reason === WAITS_ALREADY,
      `all limits are kept, and the decision is ${reason}`,
    )
  else
    demand(reason === `${DENIED}${denial.code}`, `${describe(denial)} denies, and the decision is ${reason}`)
  const held = gate.filter(({ passes }) => passes).length
  const measured = gate.filter(({ slack }) => slack !== '').length
  const verdict = denial === undefined ? `all ${held} checks pass` : `${describe(denial)} denies`
  return {
    detail: `${verdict}, ${measured} have a bound and slack`,
    facts: { checks: gate.map((line) => ({ ...line })) },
  }
}

const describe = ({ code, subject, value, bound }: GateLine): string =>
  `${code} of ${subject} (${value} against ${bound})`
