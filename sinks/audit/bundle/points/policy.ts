/**
 * Point 3: the policy is the one that the decision names, word by word; it was logged before, and it was in force. Pure.
 */
import { parsePolicy } from '../../../../pipeline/governance/policy.js'
import { sha256Hex } from '../../leaves/leaf-fields.js'
import type { Evidence } from '../evidence.js'
import { policyApprovals } from './approvals.js'
import { demand, type Finding } from './point.js'

const EXPIRED = 'policy-expired'

export function policyPoint(evidence: Evidence): Finding {
  const { bundle, leaves, decision, decisionLeaf, group } = evidence
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
  demand(sha256Hex(Buffer.from(bundle.policy, 'utf8')) === digest, 'the document is not that of the digest')
  const policy = parsePolicy(bundle.policy, 'policy of the bundle')
  demand(
    policy.policyId === id && policy.version === version && policy.groupId === group,
    'the document is of another policy, version or group',
  )
  const { expiresAtMicros, mode } = policy
  const isExpired = expiresAtMicros !== undefined && decision.decidedAt >= expiresAtMicros
  demand(isExpired === (decision.reason === EXPIRED), isExpired ? 'it had expired' : 'it had not expired')
  return { detail: `${id} version ${version}, ${mode}, ${digest}; approvals: ${policyApprovals(leaf)}` }
}
