/**
 * The small group's morning as a journal: a production agent, the simulated bank, payments at random, a hold by a person and a second
 * policy version. What is in it was decided and not made up, so it can be decided again.
 */
import { createAgent } from '../../pipeline/agent.js'
import type { Agent, JournalBody } from '../../pipeline/ports.js'
import { SimulatedBank } from '../../sandbox/bank/simulated-bank.js'
import { Random } from '../../sandbox/random.js'
import type { Execution } from '../../schemas/generated/types.js'
import type { JournalEntryReader } from '../../sinks/journal/journal-port.js'
import { command } from './a-command.js'
import { testEnvironment } from './environment.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  id,
  MORNING,
  movement,
  POLICY_TEXT,
  quote,
  SECOND,
} from './small-group.js'

const STEP_SECONDS = 20
const ACCOUNTS = ['OPERATING', 'PAYROLL', 'DOLLARS'] as const

export interface MorningOptions {
  readonly seed: number
  readonly steps: number
}

export async function smallGroupJournal({ seed, steps }: MorningOptions): Promise<JournalEntryReader[]> {
  const morning = new Morning(seed, createAgent(GROUP, await testEnvironment()))
  for (let step = 0; step < steps; step++) morning.step(step)
  return morning.entries
}

/** Entries of a journal in memory. */
export async function* inBatches(entries: readonly JournalEntryReader[], from: number, until: number) {
  yield entries.filter(({ sequence }) => sequence >= from && sequence < until)
}

class Morning {
  readonly entries: JournalEntryReader[] = []
  readonly #driver: GroupDriver
  readonly #bank: SimulatedBank
  readonly #random: Random
  readonly #agent: Agent
  #reports: Execution[] = []
  #now = MORNING

  constructor(seed: number, agent: Agent) {
    this.#agent = agent
    this.#random = new Random('audit-morning', seed)
    this.#bank = new SimulatedBank({ venueId: 'bank', seed })
    const wasmDigest = new Uint8Array(32)
    this.#write({
      'weir.JournalStart': {
        startedAt: MORNING,
        version: 'test',
        nodeVersion: '',
        wasmDigest,
        resumed: false,
        instance: '',
      },
    })
    const recorded: Agent = Object.create(agent, {
      declareSource: {
        value: (declaration: Parameters<Agent['declareSource']>[0]) => {
          this.#write({ 'weir.SourceDeclaration': declaration })
          agent.declareSource(declaration)
        },
      },
    })
    this.#driver = feedSmallGroup(new GroupDriver(recorded))
    this.#close()
  }

  step(index: number): void {
    const driver = this.#driver
    this.#now += STEP_SECONDS * SECOND
    for (const name of this.#random.uniform() < 0.6 ? ['a', 'b'] : []) {
      const account = ACCOUNTS[this.#random.integer(0, 2)] ?? 'OPERATING'
      const amount = this.#random.integer(-1_500_000_00, 1_500_000_00)
      driver.input('cash-movement', movement(`m${index}${name}`, account, amount), this.#now - 2 * SECOND)
    }
    quote(driver, 1.05 + 0.1 * this.#random.uniform(), this.#now - SECOND)
    if (index === 7) this.#order('HOLD', index)
    if (index === 11) this.#order('RELEASE', index)
    if (index === 14) {
      const document = POLICY_TEXT.replace('version: 1', 'version: 2').replace('tier: 2', 'tier: 3')
      driver.input('policy', { policyId: 'small', version: 2, document }, this.#now - SECOND)
    }
    for (const report of this.#reports.filter(({ eventTime }) => eventTime <= this.#now))
      driver.input('execution', report, report.eventTime)
    this.#reports = this.#reports.filter(({ eventTime }) => eventTime > this.#now)
    this.#close()
  }

  #order(kind: string, index: number): void {
    const order = { ...command, commandId: id(`order-${index}`), kind, subject: 'account:DOLLARS' }
    this.#driver.input(
      'command',
      { ...order, groupId: GROUP, eventTime: this.#now - SECOND },
      this.#now - SECOND,
    )
  }

  #close(): void {
    const cycle = this.#driver.nextCycle(this.#now)
    this.#write({ 'weir.Cycle': cycle })
    const { result, release, query } = this.#agent.apply(cycle)
    this.#write({ 'weir.CycleResult': result })
    const deliver = (report: Execution): void => {
      this.#reports.push(report)
    }
    for (const order of release) this.#bank.send(order, this.#now, deliver)
    for (const order of query) this.#bank.query(order, this.#now, deliver)
  }

  #write(body: JournalBody): void {
    this.entries.push({ sequence: this.entries.length, decode: () => body })
  }
}
