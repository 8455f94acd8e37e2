/**
 * The small group under the simulated roster, with the journal of what it was given and what came of it, for tests of what is proven of people.
 */
import assert from 'node:assert/strict'
import { createAgent } from '../../pipeline/agent.js'
import { formatUuid, toHex } from '../../pipeline/identity.js'
import type { AppliedCycle, JournalBody } from '../../pipeline/ports.js'
import { type SimulatedDraft, signAs } from '../../sandbox/people.js'
import type { Command, Cycle } from '../../schemas/generated/types.js'
import { fileJournal, type ProjectedJournal } from '../../sinks/journal/journal-port.js'
import { testEnvironment } from './environment.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  MORNING,
  movement,
  type SmallGroupOptions,
} from './small-group.js'
import { inBatches } from './small-group-journal.js'
import { at, ROSTER, settle } from './small-group-session.js'

export type GivenOrder = Omit<SimulatedDraft, 'atMicros' | 'groupId' | 'reason'> & Partial<SimulatedDraft>

export class GovernedSession {
  second = 4
  readonly cycles: Cycle[] = []
  readonly applied: AppliedCycle[] = []

  private constructor(readonly driver: GroupDriver) {}

  static async of(
    policy: string,
    roster: object = ROSTER,
    options: SmallGroupOptions = {},
    further: (driver: GroupDriver) => void = () => undefined,
  ): Promise<GovernedSession> {
    const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, await testEnvironment())), {
      policy,
      openings: { OPERATING: 7_400_000_00 },
      ...options,
    })
    further(driver)
    const session = new GovernedSession(driver)
    session.closeAt(at(1))
    driver.input('roster', roster, at(2))
    session.closeAt(at(3))
    return session
  }

  /** On a group that was begun otherwise; what it was given before is not in the journal. */
  static on(driver: GroupDriver): GovernedSession {
    return new GovernedSession(driver)
  }

  command(draft: GivenOrder, keyOf?: string): Command {
    const { second } = this
    const full = { groupId: GROUP, reason: 'test', atMicros: at(second), nonce: String(second), ...draft }
    return { sourceId: 'desk', sourceSequence: -1, ...signAs(full, keyOf) }
  }

  add(draft: GivenOrder, keyOf?: string): void {
    this.driver.input('command', this.command(draft, keyOf), at(this.second))
  }

  /** A command as it came, whatever was done to it. */
  give(command: object): AppliedCycle {
    this.driver.input('command', command, at(this.second))
    return this.close()
  }

  order(draft: GivenOrder, keyOf?: string): AppliedCycle {
    this.add(draft, keyOf)
    return this.close()
  }

  /** Salaries, which the agent makes up for. */
  spend(amountMinor = 1_200_000_00): AppliedCycle {
    const record = movement(`salaries ${this.second}`, 'PAYROLL', -amountMinor)
    this.driver.input('cash-movement', record, at(this.second))
    return this.close()
  }

  settle(released: AppliedCycle): AppliedCycle {
    this.second += 2
    const cycle = this.driver.nextCycle
    // `settle` closes through the driver.
    this.driver.nextCycle = (atMicros) => this.#note(cycle.call(this.driver, atMicros))
    const applied = settle(this.driver, released, at(this.second - 1))
    this.driver.nextCycle = cycle
    this.applied.push(applied)
    return applied
  }

  close(): AppliedCycle {
    this.second += 2
    return this.closeAt(at(this.second - 1))
  }

  closeAt(atMicros: number): AppliedCycle {
    const applied = this.driver.agent.apply(this.#note(this.driver.nextCycle(atMicros)))
    this.applied.push(applied)
    return applied
  }

  get journal(): ProjectedJournal {
    return journalOf(this.driver, this.cycles, this.applied)
  }

  #note(cycle: Cycle): Cycle {
    this.cycles.push(cycle)
    return cycle
  }
}

/** All that a group was given, each cycle with its result, as a journal. */
export function journalOf(
  driver: GroupDriver,
  cycles: readonly Cycle[],
  applied: readonly AppliedCycle[],
): ProjectedJournal {
  const bodies: JournalBody[] = [
    {
      'weir.JournalStart': {
        startedAt: MORNING,
        version: 'test',
        nodeVersion: '',
        wasmDigest: new Uint8Array(32),
        resumed: false,
        instance: '',
      },
    },
    ...driver.declarations().map((declaration) => ({ 'weir.SourceDeclaration': declaration })),
    ...cycles.flatMap((cycle, index): JournalBody[] => [
      { 'weir.Cycle': cycle },
      { 'weir.CycleResult': (applied[index] ?? assert.fail('a cycle has no result')).result },
    ]),
  ]
  const entries = bodies.map((body, sequence) => ({ sequence, decode: () => body }))
  return fileJournal((from, until) => inBatches(entries, from.sequence, until))
}

/** The plan of a result, as commands name it, and its id. */
export function planOf(applied: AppliedCycle) {
  const decision = applied.result.decisions.find(({ outcome }) => outcome === 'ACTED')
  assert.ok(decision !== undefined, JSON.stringify(applied.result.decisions.map(({ reason }) => reason)))
  const id = toHex(decision.decisionId)
  return { id, plan: { subject: `decision:${formatUuid(id)}`, digest: decision.planDigest } }
}
