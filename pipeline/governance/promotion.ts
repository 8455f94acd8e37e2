/**
 * What somebody with a person's key does next to take a change from its approval to being in force everywhere, by what the groups tell.
 *
 * It knows what the groups refused since it began, and nothing else of its own: one that begins anew orders what was refused once more, and is
 * refused once more. Every group checks each order by itself. Pure; depends on the rollout.
 */
import type { ChangeRollout, GroupRollout, NextStep } from './rollout.js'
import { type Stage, whatIsMissing } from './trial-alerts.js'

export type Move =
  | {
      readonly kind: 'activate'
      readonly stage: Stage
      readonly groups: readonly string[]
      readonly why: string
    }
  | { readonly kind: 'roll-back'; readonly groups: readonly string[]; readonly why: string }
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'end'; readonly end: PromotionEnd; readonly why: string }

export type PromotionEnd =
  | 'in-force'
  | 'taken-back'
  | 'withdrawn'
  /** A group refused an order, and waiting does not help. */
  | 'refused'
  /** A group has made many more decisions than its stage asks for, and its guardrails are neither kept nor broken. */
  | 'inconclusive'
  /** What goes by this name is not what is to be promoted. */
  | 'another-change'

export interface PromotionPlan {
  readonly change: string
  /** Of the manifest, hex. */
  readonly digest: string
  /** Decisions at a stage, in multiples of what it asks for, after which it is given up. */
  readonly patience: number
  /** Whether a trial that one group took back is ended in the others too. */
  readonly rollsBack: boolean
}

/** An order that a group refused. */
export interface Refused {
  readonly groupId: string
  /** Undefined for a roll-back. */
  readonly stage: Stage | undefined
  readonly reason: string
  readonly detail: string
}

interface Hold {
  readonly refused: Refused
  /** When the order may be given again; never, when both are undefined. */
  readonly voices: number | undefined
  readonly decisions: number | undefined
}

/** A stage that is not shown yet is asked for again after so many further decisions, in parts of what it asks for. */
const ASK_AGAIN_AFTER = 0.1

export class Promotion {
  readonly #holds = new Map<string, Hold>()

  constructor(private readonly plan: PromotionPlan) {}

  next(changes: readonly ChangeRollout[]): Move {
    const { change: name, digest, rollsBack } = this.plan
    const change = changes.find((one) => one.change === name)
    if (change === undefined) return { kind: 'wait', why: 'it is not proposed yet' }
    if (change.digest !== digest)
      return end(
        'another-change',
        `the manifest proposed by ${change.author} has the digest ${change.digest}`,
      )
    const { next } = change
    if (next.command === 'none') return this.#wait(change, next)
    if (next.command === 'ROLLBACK' && !rollsBack)
      return end('taken-back', `${next.why}; it is still on trial in ${next.groups.join(', ')}`)
    const stage = next.command === 'ROLLBACK' ? undefined : next.stage
    const groups = change.groups.filter(({ groupId }) => next.groups.includes(groupId))
    const held = groups.flatMap((group) => this.#heldOf(group, change, stage) ?? [])
    const never = held.find(({ voices, decisions }) => voices === undefined && decisions === undefined)
    if (never !== undefined) return end('refused', describe(never.refused))
    const free = groups.filter(({ groupId }) => !held.some(({ refused }) => refused.groupId === groupId))
    const [first] = held
    if (free.length === 0 && first !== undefined) return this.#refusedSoFar(change, first)
    const ids = free.map(({ groupId }) => groupId)
    return stage === undefined
      ? { kind: 'roll-back', groups: ids, why: next.why }
      : { kind: 'activate', stage, groups: ids, why: next.why }
  }

  /** The status that is given next already holds what came of the order. */
  refused(refused: Refused, changes: readonly ChangeRollout[]): void {
    const change = changes.find((one) => one.change === this.plan.change)
    const group = change?.groups.find(({ groupId }) => groupId === refused.groupId)
    if (change === undefined || group === undefined) return
    const missing = whatIsMissing(refused.detail)
    const more = Math.ceil(group.wantedDecisions * ASK_AGAIN_AFTER)
    this.#holds.set(refused.groupId, {
      refused,
      voices: missing === 'voices' ? change.voices + 1 : undefined,
      decisions: missing === 'decisions' ? group.decisions + more : undefined,
    })
  }

  /** The hold that still counts. */
  #heldOf({ groupId, decisions }: GroupRollout, { voices }: ChangeRollout, stage: Stage | undefined) {
    const hold = this.#holds.get(groupId)
    if (hold === undefined) return undefined
    const isOver =
      hold.refused.stage !== stage ||
      (hold.voices !== undefined && voices >= hold.voices) ||
      (hold.decisions !== undefined && decisions >= hold.decisions)
    if (!isOver) return hold
    this.#holds.delete(groupId)
    return undefined
  }

  #refusedSoFar(change: ChangeRollout, { refused }: Hold): Move {
    const overdue = this.#overdue(change, (group) => this.#holds.has(group.groupId))
    return overdue ?? { kind: 'wait', why: describe(refused) }
  }

  #wait(change: ChangeRollout, { state, why }: Extract<NextStep, { command: 'none' }>): Move {
    if (state !== 'waits') return end(state, why)
    return this.#overdue(change, ({ isReady }) => !isReady) ?? { kind: 'wait', why }
  }

  #overdue(change: ChangeRollout, isOpen: (group: GroupRollout) => boolean): Move | undefined {
    const group = change.groups.find(
      (one) =>
        one.wantedDecisions > 0 && one.decisions >= one.wantedDecisions * this.plan.patience && isOpen(one),
    )
    if (group === undefined) return undefined
    const { groupId, stage, decisions, wantedDecisions } = group
    const asked = `${decisions} decisions as ${stage}, where ${wantedDecisions} are asked for`
    return end('inconclusive', `${groupId} has made ${asked}, and its guardrails are not shown to be kept`)
  }
}

function end(how: PromotionEnd, why: string): Move {
  return { kind: 'end', end: how, why }
}

function describe({ groupId, stage, reason, detail }: Refused): string {
  return `${groupId} refused ${stage ?? 'the roll-back'}: ${reason}: ${detail}`
}
