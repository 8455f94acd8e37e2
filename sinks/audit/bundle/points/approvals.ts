/**
 * Point 6: who approved what, and what people ordered between the decision before and this one.
 *
 * Policy records and commands are not signed by people yet, so no approval is asked for; a bundle that claims to have some is not
 * believed. What comes with signatures is verified here. Pure.
 */
import type { Evidence, VerifiedLeaf } from '../evidence.js'
import { demand, type Finding } from './point.js'

const NONE = 'none asked for'

/** Of a policy version, by its leaf. */
export function policyApprovals(_policy: VerifiedLeaf): string {
  return NONE
}

export function approvalsPoint({ bundle, leaves, decisionLeaf }: Evidence): Finding {
  demand(bundle.approvals.length === 0, 'it has approvals, of which this version knows no form')
  const orders = leaves
    .filter(({ kind, index }) => kind === 'command' && index < decisionLeaf.index)
    .map(({ fields }) => fields as { order: string; subject: string; author: string; reason: string })
  const told = orders.map(({ order, subject, author }) => `${order} ${subject} by ${author}`)
  return {
    detail: [NONE, ...told].join('; '),
    facts: {
      orders: orders.map(({ order, subject, author, reason }) => ({ order, subject, author, reason })),
    },
  }
}
