/** Policies above the small group and below them, and changes of its policy under the simulated people, for tests of the tree in the agent. */
import { sha256, toHex } from '../../pipeline/identity.js'
import type { AppliedCycle } from '../../pipeline/ports.js'
import { canonicalJson, type Json } from '../../schemas/canonical-json.js'
import type { GivenOrder, GovernedSession } from './governed-session.js'
import { edited } from './policy-text.js'
import { GROUP, POLICY_TEXT } from './small-group.js'
import { at } from './small-group-session.js'

export interface Text {
  readonly policyId: string
  readonly version: number
  readonly document: string
}

type Edit = readonly [from: string, to: string]

export const digestHexOf = ({ document }: Text): string => toHex(sha256(Buffer.from(document, 'utf8')))

const naming = (parent: Text | undefined): string =>
  parent === undefined ? '' : `\nparent: { policy: ${parent.policyId}, digest: ${digestHexOf(parent)} }`

/** A policy above the level of groups with the numbers of the small group's. */
export function upper(
  level: string,
  policyId: string,
  version: number,
  parent?: Text,
  ...edits: readonly Edit[]
): Text {
  const document = edited(
    POLICY_TEXT,
    ['policy: small', `policy: ${policyId}`],
    ['version: 1', `version: ${version}`],
    [`group: ${GROUP}`, `level: ${level}${naming(parent)}`],
    ...edits,
  )
  return { policyId, version, document }
}

/** A version of the small group's policy, outside of every cohort, so that one decision as a shadow is enough. */
export function small(version: number, parent: Text | undefined, ...edits: readonly Edit[]): Text {
  const document = edited(
    POLICY_TEXT,
    ['version: 1', `version: ${version}`],
    [`group: ${GROUP}`, `group: ${GROUP}\nlevel: group${naming(parent)}`],
    ['expectedFlows:', 'canary: { cohortPercent: 0, shadowDecisions: 1, decisions: 1 }\nexpectedFlows:'],
    ...edits,
  )
  return { policyId: 'small', version, document }
}

/** Gives a text to the agent as its stream does. */
export function send(session: GovernedSession, ...texts: readonly Text[]): AppliedCycle {
  for (const text of texts) session.driver.input('policy', text, at(session.second))
  return session.close()
}

/** Proposes a version and has two others approve it. */
export function approved(session: GovernedSession, text: Text): GivenOrder {
  const { policyId: policy, version } = text
  const change = `to-${version}`
  const entries = [{ kind: 'policy', group: GROUP, policy, version, digest: digestHexOf(text) }]
  const detail = canonicalJson({ change, entries } as unknown as Json)
  const about = { subject: `change:${change}`, digest: sha256(Buffer.from(detail, 'utf8')) }
  session.order({ kind: 'PROPOSE', author: 'paul', detail, ...about })
  for (const author of ['anna', 'rosa']) session.order({ kind: 'APPROVE', author, ...about })
  return { kind: 'ACTIVATE', author: 'paul', detail: canonicalJson({ stage: 'shadow' }), ...about }
}

/** Everything up to the activation as a shadow. */
export function tried(session: GovernedSession, text: Text): AppliedCycle {
  send(session, text)
  return session.order(approved(session, text))
}

/** Everything up to being in force. */
export function inForce(session: GovernedSession, text: Text): AppliedCycle {
  send(session, text)
  const activate = approved(session, text)
  session.order(activate)
  session.settle(session.spend())
  return session.order({ ...activate, detail: canonicalJson({ stage: 'full' }) })
}
