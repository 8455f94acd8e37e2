/**
 * Who governed when, over the leaves of a bundle: what policy was in force when it was decided, and whose voices counted when its plan was
 * released. The counts that leaves of decisions and events carry show that no order was left out. Depends on the fold of people.
 */

import type { Voice } from '../../../../pipeline/governance/people/roles.js'
import type { Command } from '../../../../schemas/generated/types.js'
import { isGoverning } from '../../leaves/governing.js'
import type { Evidence, VerifiedLeaf } from '../evidence.js'
import { demand } from '../points/point.js'
import { bundledPeople, subjectOf } from './bundled-people.js'
import { PeopleFold } from './people-fold.js'
import type { KeptVoice } from './voices.js'

/** A waiting plan, or one leg of it, that was let go. */
export interface Release {
  readonly leaf: VerifiedLeaf
  readonly atMicros: number
  /** Voices for exactly this plan that count then. */
  readonly voices: readonly Voice[]
  /** All that were given on it, for telling why they are not enough. */
  readonly given: readonly KeptVoice[]
}

export interface Governance {
  /** How the decision's policy was in force; undefined when it was not. */
  readonly policyInForce: string | undefined
  /** Roster at the decision, `ID v2 DIGEST`; undefined when there was none. */
  readonly roster: { readonly id: string; readonly version: number; readonly digest: string } | undefined
  readonly releases: readonly Release[]
  /** Signed by whom they say. */
  readonly commands: ReadonlyMap<number, Command>
}

export function governanceOf(evidence: Evidence): Governance {
  const { bundle, leaves, decisionLeaf, decision, group } = evidence
  const people = bundledPeople(bundle, leaves, decisionLeaf.journal.entry)
  const own = new Set(
    leaves
      .filter(({ kind, fields }) => kind === 'instruction' && fields.decision === bundle.decision)
      .map(({ fields }) => fields.id),
  )
  const fold = new PeopleFold(people, group)
  const subject = subjectOf(bundle.decision)
  let governing = 0
  let [policyInForce, roster]: [string | undefined, Governance['roster']] = [undefined, undefined]
  const releases: Release[] = []
  for (const leaf of leaves) {
    const { kind, fields } = leaf
    if (kind === 'decision' || kind === 'instruction-event')
      demand(
        fields.governing === governing,
        `${String(fields.governing)} policies, rosters and orders on them were logged before leaf ${leaf.index}, ${governing} are there`,
      )
    if (isGoverning(kind, fields)) governing++
    fold.take(leaf)
    if (leaf === decisionLeaf) {
      policyInForce = fold.inForce(decision.policy.digest)
      const inForce = fold.roster
      if (inForce !== undefined)
        roster = {
          id: inForce.rosterId,
          version: inForce.version,
          digest: Buffer.from(inForce.digest).toString('hex'),
        }
    }
    if (kind !== 'instruction-event' || fields.state !== 'RESERVED' || !own.has(fields.instruction)) continue
    const atMicros = Number(fields.at)
    const voices = fold.counted(subject, decision.plan, atMicros)
    releases.push({ leaf, atMicros, voices, given: fold.voicesOn(subject) })
  }
  return { policyInForce, roster, releases, commands: people.commands }
}
