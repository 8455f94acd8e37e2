/**
 * The synthetic day with a policy on trial: beside each decision a shadow's, with another version, an id of its own and an explanation. Not used
 * by product code.
 */
import { derivedId } from '../../../pipeline/identity.js'
import type { JournalBody } from '../../../pipeline/ports.js'
import type { CycleResult, Decision } from '../../../schemas/generated/types.js'
import type { ReadJournal } from '../../journal/journal-port.js'
import type { SyntheticDay } from './synthetic-day.js'
import { makeExplanation } from './synthetic-decisions.js'

export function shadowOf(decision: Decision): Decision {
  const { groupId, cycle, policyVersion } = decision
  const decisionId = derivedId('decision', groupId, cycle, 'shadow')
  return { ...decision, decisionId, policyVersion: policyVersion + 1, instructions: 0, arm: 'shadow' }
}

export function withShadows(day: SyntheticDay): SyntheticDay {
  const entries = day.entries.map((entry) => {
    const { body } = entry
    if (!('weir.CycleResult' in body)) return entry
    const changed: JournalBody = { 'weir.CycleResult': beside(body['weir.CycleResult']) }
    return { ...entry, body: changed, decode: () => changed }
  })
  const read: ReadJournal = async function* (from, until) {
    const wanted = entries.filter(({ sequence }) => sequence >= from.sequence && sequence < until)
    if (wanted.length > 0) yield wanted
  }
  return { entries, read }
}

function beside(result: CycleResult): CycleResult {
  const shadows = result.decisions.map(shadowOf)
  const explanations = shadows.map(({ decisionId, groupId, cycle, outcome }) =>
    makeExplanation({ decisionId, groupId, cycle }, outcome),
  )
  return {
    ...result,
    decisions: [...result.decisions, ...shadows],
    explanations: [...result.explanations, ...explanations],
  }
}
