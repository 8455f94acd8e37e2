/**
 * The proof of tightening against the risk gate itself: under an accepted child the gate lets no plan pass that it denies under the
 * parent, in the same state. The gate knows nothing of the proof.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { denialOf } from '../pipeline/action/gate.js'
import { type Channels, channelsOf } from '../pipeline/deliberation/channels.js'
import { deliberate } from '../pipeline/deliberation/deliberate.js'
import { ExpectedFlows } from '../pipeline/deliberation/expected-flows.js'
import { GroupOptimizer } from '../pipeline/deliberation/optimizer.js'
import { channelId, type Move, priceMove } from '../pipeline/deliberation/plan.js'
import { positionsOf } from '../pipeline/deliberation/positions.js'
import { resolvePolicy } from '../pipeline/deliberation/resolved-policy.js'
import { parsePolicy } from '../pipeline/governance/policy.js'
import { proveTightening } from '../pipeline/governance/tightening.js'
import type { InstructionKind } from '../schemas/generated/types.js'
import { testEnvironment } from './support/environment.js'
import { NOON } from './support/random-group.js'
import { type PolicyCase, policyCase, policyText, stateUnder } from './support/random-policy.js'

const environment = await testEnvironment()
const optimizer = new GroupOptimizer(environment.optimizer, () => 0)

/** A ticket by names and amounts, so that one plan can be put before the gate under two policies. */
interface Ticket {
  readonly kind: InstructionKind
  readonly channel: string
  readonly amountMinor: number
  readonly counterAmountMinor: number
  /** As the gate takes it; left out when it waits for none. */
  readonly dependsOn?: number | undefined
}

/** One policy over the state of a case, ready to judge plans. */
function under(one: PolicyCase, document: string) {
  const state = stateUnder(one, document)
  const resolved = resolvePolicy(state)!
  const expected = new ExpectedFlows().within(state, resolved, NOON)
  const positions = positionsOf(state, resolved, NOON, expected)
  const channels = channelsOf(state, resolved, positions, NOON)
  return {
    planned: (): Ticket[] => {
      const { moves, dependsOn } = deliberate(state, resolved, positions, NOON, optimizer)
      return moves.map((move, index) => ({ ...toTicket(move), dependsOn: dependsOn[index] }))
    },
    channels,
    denies: (tickets: readonly Ticket[]): string | undefined => {
      const moves = tickets.map((ticket) => toMove(channels, ticket))
      if (!moves.every((move) => move !== undefined)) return 'no-such-channel'
      const dependsOn = tickets.map((ticket) => ticket.dependsOn ?? -1)
      return denialOf(state, resolved, positions, moves, NOON, dependsOn)?.code
    },
  }
}

function toTicket(move: Move): Ticket {
  const { kind, amountMinor, counterAmountMinor } = move
  return { kind, channel: channelId(move), amountMinor, counterAmountMinor }
}

function toMove({ rails, facilities }: Channels, ticket: Ticket): Move | undefined {
  const rail = rails.find(({ rail }) => rail.reference.railId === ticket.channel) ?? null
  const facility = facilities.find(({ facility }) => facility.reference.facilityId === ticket.channel) ?? null
  if (rail === null && facility === null) return undefined
  // Priced once: the same plan has the same amounts on both sides.
  const move = priceMove(ticket.kind, rail, facility, ticket.amountMinor)
  return { ...move, counterAmountMinor: ticket.counterAmountMinor }
}

/** Plans near those that the child's own optimizer makes, and single tickets as large as channels allow. */
function plansOf({ planned, channels }: ReturnType<typeof under>): Ticket[][] {
  const own = planned()
  const scaled = [0.25, 0.5, 1, 1.5].map((factor) =>
    own.map((ticket) => ({ ...ticket, amountMinor: Math.floor(ticket.amountMinor * factor) })),
  )
  const single = channels.rails
    .filter(({ maximumMinor, rail }) => maximumMinor >= rail.reference.roundingMinor)
    .flatMap((channel) =>
      [1, 0.3].map((part) => {
        const { roundingMinor, kind } = channel.rail.reference
        const amountMinor = Math.floor((channel.maximumMinor * part) / roundingMinor) * roundingMinor
        return [toTicket(priceMove(kind, channel, null, amountMinor))]
      }),
    )
  const draws = channels.facilities
    .filter(({ drawMaximumMinor, facility }) => drawMaximumMinor >= facility.reference.roundingMinor)
    .map((channel) => {
      const { roundingMinor } = channel.facility.reference
      const amountMinor = Math.floor(channel.drawMaximumMinor / roundingMinor) * roundingMinor
      return [toTicket(priceMove('DRAW', null, channel, amountMinor))]
    })
  return [...scaled, ...single, ...draws].filter((plan) => plan.length > 0)
}

/** Whether the child leaves an account out that the parent lists, where the parent limits what lies at the bank of both. */
function leavesOutAtLimit({ group, parent, child }: PolicyCase): boolean {
  const kept = new Set(child.accounts.map(({ id }) => id))
  return parent.accounts.some(({ id }) => {
    const bankId = `BANK-${group.accounts[Number(id.slice(1))]!.bank}`
    return !kept.has(id) && parent.concentration[bankId] !== undefined
  })
}

test('no plan passes the gate under an accepted child that it denies under the parent', () => {
  const seen = { accepted: 0, refused: 0, passed: 0, wouldBreak: 0, besideLimit: 0 }
  fc.assert(
    fc.property(policyCase, (one) => {
      const { base } = one.group
      const parentText = policyText(one.parent, base)
      const childText = policyText(one.child, base)
      const proof = proveTightening(parsePolicy(parentText, 'parent'), parsePolicy(childText, 'child'))
      const child = under(one, childText)
      const parent = under(one, parentText)
      seen[proof.tightens ? 'accepted' : 'refused']++
      for (const plan of plansOf(child)) {
        if (child.denies(plan) !== undefined) continue
        const denial = parent.denies(plan)
        if (proof.tightens) {
          seen.passed++
          if (leavesOutAtLimit(one)) seen.besideLimit++
          assert.equal(denial, undefined, JSON.stringify(plan))
        } else if (denial !== undefined) seen.wouldBreak++
      }
    }),
    // Shrinking would solve thousands of models more to say little.
    { seed: 20261130, numRuns: 1_000, endOnFailure: true },
  )
  for (const [what, times] of Object.entries(seen))
    assert.ok(times > 50, `${what}: ${times} of ${JSON.stringify(seen)}`)
})
