/**
 * A change of policies over all its groups: how far each group is, and what is to be done next or is waited for. A fold over what the groups
 * told; nobody else decides anything by it: every group checks a command by itself.
 *
 *   shadow everywhere -> canary in the cohort -> full everywhere          a trial that one group took back ends in all
 *
 * Pure; depends on the canary's plan and the alerts of trials.
 */
import type { Alert, Decision } from '../../schemas/generated/types.js'
import { type CanaryPlan, isInCohort } from './canary.js'
import type { ChangeEntry, ChangeManifest } from './people/command-detail.js'
import { readCommand, readStage, type Stage } from './trial-alerts.js'

/** What a cycle of a group told. */
export interface GroupReport {
  readonly groupId: string
  readonly alerts: readonly Pick<Alert, 'code' | 'subject' | 'message' | 'raisedAt'>[]
  readonly decisions: readonly Pick<Decision, 'arm' | 'policyId' | 'policyVersion' | 'policyDigest'>[]
}

export interface GroupRollout extends Readonly<GroupState> {
  readonly inCohort: boolean
  /** Without it nothing can begin: the group was not sent the policy's text. */
  readonly hasDocument: boolean
  /** Decisions that its stage asks for; 0 where it is on no trial. */
  readonly wantedDecisions: number
}

interface GroupState {
  readonly groupId: string
  readonly policyId: string
  readonly version: number
  /** Of the policy's text, hex. */
  readonly digest: string
  stage: 'proposed' | Stage | 'rolled-back'
  /** Decisions at this stage. */
  decisions: number
  /** Whether it may go on, as the group itself judges. */
  isReady: boolean
  /** What was last told of it: where its guardrails stand, or why it was taken back. */
  note: string
}

/** What a person, or a program with a person's key, does next; or what there is to wait for. */
export type NextStep =
  | {
      readonly command: 'ACTIVATE'
      readonly stage: Stage
      readonly groups: readonly string[]
      readonly why: string
    }
  | { readonly command: 'ROLLBACK'; readonly groups: readonly string[]; readonly why: string }
  | {
      readonly command: 'none'
      /** What there is to wait for, or how it has ended. */
      readonly state: 'waits' | 'in-force' | 'taken-back' | 'withdrawn'
      readonly why: string
    }

export interface ChangeRollout {
  readonly change: string
  /** Of its manifest, hex: what all voices are bound to. */
  readonly digest: string
  readonly author: string
  /** How often somebody said yes, in all groups: the same people may say it again after their voices ended. */
  readonly voices: number
  /** Who said yes in any group, in order. Whether that is enough each group judges by its roster. */
  readonly approvedBy: readonly string[]
  readonly groups: readonly GroupRollout[]
  readonly next: NextStep
}

interface ChangeState {
  readonly digest: string
  readonly author: string
  voices: number
  readonly approvedBy: Set<string>
  readonly groups: Map<string, GroupState>
  isWithdrawn: boolean
}

export class Rollout {
  readonly #changes = new Map<string, ChangeState>()

  /** @param planOf the canary's plan of a policy by the digest of its text, hex; undefined while its document has not come */
  constructor(private readonly planOf: (digestHex: string) => CanaryPlan | undefined) {}

  /**
   * A proposal that a group has taken. The same one comes in every group.
   * @param digest of the manifest's text, hex
   */
  propose(manifest: ChangeManifest, digest: string, author: string): void {
    const subject = `change:${manifest.change}`
    const held = this.#changes.get(subject)
    if (held !== undefined && held.digest === digest && !held.isWithdrawn) return
    const groups = new Map(manifest.entries.map((entry) => [entry.group, begin(entry)]))
    const approvedBy = new Set<string>()
    this.#changes.set(subject, { digest, author, voices: 0, approvedBy, groups, isWithdrawn: false })
  }

  take({ groupId, alerts, decisions }: GroupReport): void {
    // A shadow stands beside the policy in force; a canary is in force, and the former policy beside it.
    if (decisions.some(({ arm }) => arm === 'shadow')) this.#count(groupId, 'shadow')
    if (decisions.some(({ arm }) => arm === 'baseline')) this.#count(groupId, 'canary')
    for (const { code, subject, message } of alerts) {
      const change = this.#changes.get(subject)
      if (change === undefined) continue
      if (code === 'command') takeCommand(change, subject, message)
      const group = change.groups.get(groupId)
      if (group === undefined) continue
      const at = code === 'policy-stage' ? readStage(message)?.stage : undefined
      if (at !== undefined) Object.assign(group, { stage: at, decisions: 0, isReady: false, note: '' })
      if (code === 'policy-ready') Object.assign(group, { isReady: true, note: message })
      if (code === 'policy-rolled-back')
        Object.assign(group, { stage: 'rolled-back', isReady: false, note: message })
    }
  }

  changes(): ChangeRollout[] {
    return [...this.#changes].map(([subject, { digest, author, voices, isWithdrawn, ...change }]) => {
      const groups = [...change.groups.values()].map((group) => this.#seen(group))
      const approvedBy = [...change.approvedBy]
      const next: NextStep = isWithdrawn
        ? { command: 'none', state: 'withdrawn', why: 'it was withdrawn' }
        : nextStep(groups, approvedBy)
      const name = subject.slice('change:'.length)
      return { change: name, digest, author, voices, approvedBy, groups, next }
    })
  }

  #seen(group: GroupState): GroupRollout {
    const plan = this.planOf(group.digest)
    const inCohort = plan !== undefined && isInCohort(group.groupId, plan.cohortPercent)
    const { stage } = group
    const wantedDecisions =
      stage === 'shadow' ? plan?.shadowDecisions : stage === 'canary' ? plan?.decisions : undefined
    return { ...group, inCohort, hasDocument: plan !== undefined, wantedDecisions: wantedDecisions ?? 0 }
  }

  /** A group has one trial at a time. */
  #count(groupId: string, stage: Stage): void {
    for (const { groups } of this.#changes.values()) {
      const group = groups.get(groupId)
      if (group?.stage === stage) group.decisions++
    }
  }
}

function begin({ group, policy, version, digest }: ChangeEntry): GroupState {
  return {
    groupId: group,
    policyId: policy,
    version,
    digest,
    stage: 'proposed',
    decisions: 0,
    isReady: false,
    note: '',
  }
}

function takeCommand(change: ChangeState, subject: string, message: string): void {
  const command = readCommand(message, subject)
  if (command?.kind === 'APPROVE') {
    change.approvedBy.add(command.personId)
    change.voices++
  }
  if (command?.kind === 'REJECT') change.isWithdrawn = true
}

/** By the first rule that fits. */
function nextStep(groups: readonly GroupRollout[], approvedBy: readonly string[]): NextStep {
  const at = (stage: GroupRollout['stage']) => groups.filter((group) => group.stage === stage)
  const onTrial = groups.filter(({ stage }) => stage === 'shadow' || stage === 'canary')
  const [takenBack] = at('rolled-back')
  if (takenBack !== undefined && onTrial.length > 0) {
    const why = `${takenBack.groupId} took it back: ${takenBack.note}`
    return { command: 'ROLLBACK', groups: onTrial.map(idOf), why }
  }
  if (takenBack !== undefined && at('full').length < groups.length)
    return { command: 'none', state: 'taken-back', why: `it was taken back: ${takenBack.note}` }
  const proposed = at('proposed')
  if (proposed.length > 0) return beginShadow(proposed, approvedBy)
  const cohort = groups.filter(({ inCohort }) => inCohort)
  const waiting = onTrial.filter(({ isReady }) => !isReady)
  const cohortInShadow = cohort.filter(({ stage }) => stage === 'shadow')
  if (cohortInShadow.length > 0) {
    const notReady = cohortInShadow.filter(({ isReady }) => !isReady)
    if (notReady.length > 0) return goesOn('the shadow', notReady)
    const why = 'the cohort has its decisions as a shadow'
    return { command: 'ACTIVATE', stage: 'canary', groups: cohortInShadow.map(idOf), why }
  }
  if (onTrial.length === 0) return { command: 'none', state: 'in-force', why: 'it is in force everywhere' }
  if (waiting.length > 0) return goesOn(cohort.length > 0 ? 'the canary' : 'the shadow', waiting)
  const why =
    cohort.length > 0
      ? 'the canary kept its guardrails'
      : 'no group is in the cohort: the shadow is all it shows'
  return { command: 'ACTIVATE', stage: 'full', groups: onTrial.map(idOf), why }
}

function beginShadow(proposed: readonly GroupRollout[], approvedBy: readonly string[]): NextStep {
  const without = proposed.filter(({ hasDocument }) => !hasDocument)
  if (without.length > 0) return waits(`the policy of ${without.map(idOf).join(', ')} has not come`)
  // Who they are and whether they may is for the groups to judge; one alone is never enough.
  if (approvedBy.length < 2)
    return waits(`two others must approve it; so far ${approvedBy.join(', ') || 'nobody'}`)
  const why = `approved by ${approvedBy.join(', ')}`
  return { command: 'ACTIVATE', stage: 'shadow', groups: proposed.map(idOf), why }
}

function goesOn(what: string, groups: readonly GroupRollout[]): NextStep {
  const shown = groups.map(({ groupId, decisions }) => `${groupId} (${decisions} decisions)`)
  return waits(`${what} goes on in ${shown.join(', ')}`)
}

function waits(why: string): NextStep {
  return { command: 'none', state: 'waits', why }
}

function idOf({ groupId }: GroupState): string {
  return groupId
}
