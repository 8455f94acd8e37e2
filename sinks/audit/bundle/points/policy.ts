/**
 * Point 3: the policy is the one that the decision names, word by word; it was logged before, and it was in force, by whom is told. Pure.
 */
import type { Evidence } from '../evidence.js'
import { demand, type Finding } from './point.js'

const EXPIRED = 'policy-expired'

export function policyPoint(evidence: Evidence): Finding {
  const { leaves, decision, decisionLeaf, group } = evidence
  const { id, version, digest } = decision.policy
  const leaf = leaves
    .filter(
      ({ kind, index, fields }) =>
        kind === 'policy' && index < decisionLeaf.index && fields.digest === digest,
    )
    .at(-1)
  demand(leaf !== undefined, 'the policy version that the decision names was not logged before it')
  demand(
    leaf.fields.id === id && leaf.fields.version === version,
    'the decision names another policy version than was logged',
  )
  const { policy, governance } = evidence
  demand(
    policy.policyId === id && policy.version === version && policy.groupId === group,
    'the document is of another policy, version or group',
  )
  const { expiresAtMicros, mode } = policy
  const isExpired = expiresAtMicros !== undefined && decision.decidedAt >= expiresAtMicros
  demand(isExpired === (decision.reason === EXPIRED), isExpired ? 'it had expired' : 'it had not expired')
  const { policyInForce } = governance
  demand(policyInForce !== undefined, 'it was logged and not in force: people had not put it there')
  return { detail: `${id} version ${version}, ${mode}, ${digest}; ${policyInForce}` }
}
