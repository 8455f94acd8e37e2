/**
 * At the end: the committed journal is lived through once more by fresh agents. Every result must come out byte for byte,
 * no action may have gone below a floor, what is held must be what is open, and the books must add up with feed and bank.
 *
 * Depends on the agent module and the state codec.
 */
import { isFinal, isHeld, isOutstanding } from '../../../pipeline/action/life-cycle.js'
import type { GroupState } from '../../../pipeline/perception/state.js'
import { type Agent, UNROUTED_GROUP } from '../../../pipeline/ports.js'
import { measuredOffset } from '../../../pipeline/runtime/workers/measured.js'
import { decodeState } from '../../../pipeline/state-codec.js'
import { decodeRecord, encodeRecord } from '../../../schemas/avro/registry.js'
import type { Cycle, CycleResult, SourceDeclaration } from '../../../schemas/generated/types.js'
import type { AgentKind } from '../agents.js'
import { FLOORS } from '../feed/material.js'
import type { JournalAudit } from './journal-audit.js'
import type { AuditedLedger } from './logs.js'
import { hold } from './violation.js'

export interface ReplayOptions {
  readonly kind: Pick<AgentKind, 'createAgent' | 'environment'>
  readonly plan: { readonly balances: ReadonlyMap<string, number> }
  readonly ledger: AuditedLedger
  /** Whether the states are those of the production agent. */
  readonly looksInside: boolean
}

const NO_MEASURE = { applyMicros: 0, solveMicros: 0, worker: 0 }

/** Gives the digest of each group's state at the end. */
export function auditReplay(journals: readonly JournalAudit[], options: ReplayOptions): Map<string, string> {
  const digests = new Map<string, string>()
  for (const journal of journals) {
    const agents = replayPartition(journal, options)
    for (const [groupId, agent] of agents) {
      digests.set(`${journal.partition}/${groupId}`, Buffer.from(agent.stateDigest()).toString('hex'))
      if (options.looksInside && groupId !== UNROUTED_GROUP) checkEnd(decodeState(agent.snapshot()), options)
    }
  }
  return digests
}

function replayPartition(
  { entries }: JournalAudit,
  { kind, looksInside }: ReplayOptions,
): Map<string, Agent> {
  const agents = new Map<string, Agent>()
  const declarations: SourceDeclaration[] = []
  const made = new Map<string, CycleResult[]>()
  for (const { entry, body } of entries) {
    if ('weir.SourceDeclaration' in body) {
      declarations.push(body['weir.SourceDeclaration'])
      for (const agent of agents.values()) agent.declareSource(body['weir.SourceDeclaration'])
    } else if ('weir.Cycle' in body) {
      const cycle = body['weir.Cycle']
      let agent = agents.get(cycle.groupId)
      if (agent === undefined) {
        agent = kind.createAgent(cycle.groupId, kind.environment)
        for (const declaration of declarations) agent.declareSource(declaration)
        agents.set(cycle.groupId, agent)
        made.set(cycle.groupId, [])
      }
      made.get(cycle.groupId)!.push(apply(agent, cycle, looksInside))
    } else if ('weir.CycleResult' in body) {
      const journaled = body['weir.CycleResult']
      compare(made.get(journaled.groupId)!.shift(), journaled, entry.record)
    }
  }
  return agents
}

function apply(agent: Agent, cycle: Cycle, looksInside: boolean): CycleResult {
  const { result, release } = agent.apply(cycle)
  if (looksInside && release.length > 0) {
    const state = decodeState(agent.snapshot())
    const place = `cycle ${cycle.cycle} of ${cycle.groupId}`
    for (const { sourceAccountId } of release) checkFloor(state, sourceAccountId, place)
    checkHolds(state, place)
  }
  return result
}

function compare(made: CycleResult | undefined, journaled: CycleResult, record: Buffer): void {
  const place = `cycle ${journaled.cycle} of ${journaled.groupId}`
  hold(made !== undefined, 'replay-identical', () => `${place} has a result and no cycle`)
  const bytes = encodeRecord('cycle-result', { ...made!, measured: NO_MEASURE })
  const pure = record.subarray(0, measuredOffset(record, journaled.measured.worker))
  const again = bytes.subarray(0, measuredOffset(bytes, 0))
  hold(pure.equals(again), 'replay-identical', () => `${place}: ${firstDifference(made!, record)}`)
}

function firstDifference(made: CycleResult, record: Buffer): string {
  const journaled = decodeRecord('cycle-result', record)
  const text = (value: unknown): string => JSON.stringify(value)
  for (const key of Object.keys(made) as (keyof CycleResult)[])
    if (key !== 'measured' && text(made[key]) !== text(journaled[key])) return `another ${key}`
  return 'other bytes'
}

function checkFloor(state: GroupState, accountId: string, place: string): void {
  const account = state.accounts.get(accountId)
  if (account === undefined) return
  // What is held for legs that wait for another one has not left: they are judged again when they do.
  const unsent = [...state.instructions.values()]
    .filter(
      (order) => order.sourceAccountId === accountId && isHeld(order.state) && !isOutstanding(order.state),
    )
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const available = account.settledMinor - account.reservedMinor + unsent
  const floor = FLOORS[accountId]
  hold(available >= floor, 'floor-held', () => `${place} leaves ${available} on ${accountId}, floor ${floor}`)
}

/** What is held is exactly what is on its way, or waits to be sent. */
function checkHolds(state: GroupState, place: string): void {
  const held = new Map<string, number>()
  for (const order of state.instructions.values()) {
    if (!isHeld(order.state)) continue
    held.set(order.sourceAccountId, (held.get(order.sourceAccountId) ?? 0) + order.amountMinor)
  }
  for (const [id, { reservedMinor }] of state.accounts) {
    const wanted = held.get(id) ?? 0
    hold(
      reservedMinor === wanted,
      'reservation-once',
      () => `${place}: ${reservedMinor} held on ${id}, not ${wanted}`,
    )
  }
}

function checkEnd(state: GroupState, { plan, ledger }: ReplayOptions): void {
  const { groupId } = state
  for (const [id, order] of state.instructions)
    hold(isFinal(order.state), 'everything-ends', () => `instruction ${id} of ${groupId} is ${order.state}`)
  checkHolds(state, `the end of ${groupId}`)
  for (const [accountId, account] of state.accounts) {
    const key = `${groupId}/${accountId}`
    const fed = plan.balances.get(key) ?? 0
    const moved = ledger.moved.get(key) ?? 0
    const { settledMinor, unmanagedMinor } = account
    hold(unmanagedMinor === fed, 'balances-add-up', () => `${key} was fed ${fed} and has ${unmanagedMinor}`)
    hold(
      settledMinor === fed + moved,
      'balances-add-up',
      () => `${key}: feed ${fed} and bank ${moved} make ${fed + moved}, the agent has ${settledMinor}`,
    )
  }
}
