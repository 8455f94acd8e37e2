/**
 * From an event's due time to the release of the instruction it causes, embedded, with fsync, at a given rate.
 *
 * An open loop: events are due at fixed times and wait if the system is behind, so that stalls count. Twenty events a second
 * make an account short and cause a transfer; the others only change balances. Peer: the plain way to do the same in
 * one thread with libraries (`plain-pipeline.ts`), at the lower rate.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromHex, toHex } from '../pipeline/identity.js'
import type { Instruction } from '../schemas/generated/types.js'
import { encode, GROUP, id, movement } from '../tests/support/small-group.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'
import { LiveGroup } from './live-group.js'
import type { MovementTarget } from './movement-target.js'
import { PlainPipeline } from './plain-pipeline.js'

/** Apart far enough that one is settled before the next, at any rate of events. */
const INSTRUCTIONS_PER_SECOND = 20
/** Falls out of the band and is refilled to the target. */
const SHORTFALL_MINOR = 1_200_000_00

class LiveTarget implements MovementTarget {
  private positions = { movements: 0, executions: 0 }

  constructor(private readonly live: LiveGroup) {}

  nowMicros = () => this.live.nowMicros()
  turn = () => this.live.turn()
  drain = () => this.live.drain()

  movement(payload: Uint8Array): void {
    this.live.add('cash-movement', this.positions.movements++, payload)
  }

  settle(instruction: Instruction): void {
    const { instructionId, amountMinor, counterAmountMinor } = instruction
    const execution = {
      executionId: id(`settled ${toHex(instructionId)}`),
      groupId: GROUP,
      sourceId: 'bank',
      sourceSequence: -1,
      eventTime: this.nowMicros(),
      instructionId,
      status: 'SETTLED',
      reasonCode: '',
      settledMinor: amountMinor,
      counterSettledMinor: counterAmountMinor,
    }
    this.live.add('execution', this.positions.executions++, encode('execution', execution))
  }
}

class Generator {
  private sequence = 0
  /** When the event that each waiting instruction comes from was due. */
  private readonly dueByShortfall: number[] = []
  samples: number[] = []

  constructor(private readonly target: () => MovementTarget) {}

  /** Called for each released transfer into the account that was made short. */
  readonly released = (instruction: Instruction): void => {
    if (instruction.destinationAccountId === 'PAYROLL') {
      const due = this.dueByShortfall.shift()
      if (due !== undefined) this.samples.push(nowMicros() - due)
    }
    this.target().settle(instruction)
  }

  private event(due: number, eventsPerInstruction: number): void {
    const target = this.target()
    const index = this.sequence++
    const causes = index % eventsPerInstruction === 0
    const refills = index % eventsPerInstruction === eventsPerInstruction / 2
    const account = causes ? 'PAYROLL' : 'OPERATING'
    const amount = causes ? -SHORTFALL_MINOR : refills ? SHORTFALL_MINOR : index % 2 === 0 ? 100 : -100
    if (causes) this.dueByShortfall.push(due)
    const header = { groupId: GROUP, sourceId: 'live', sourceSequence: index, eventTime: target.nowMicros() }
    const fields = movement('', account, amount, {
      ...header,
      movementId: fromHex(index.toString(16).padStart(32, '0')),
    })
    target.movement(encode('cash-movement', fields))
  }

  /** Produces `seconds` of events at `rate` a second and waits until all are through. */
  async run(rate: number, seconds: number, samples: number[]): Promise<void> {
    this.samples = samples
    const started = nowMicros()
    const interval = 1e6 / rate
    const count = rate * seconds
    for (let sent = 0; sent < count; ) {
      const now = nowMicros()
      for (; sent < count && started + sent * interval <= now; sent++)
        this.event(started + sent * interval, rate / INSTRUCTIONS_PER_SECOND)
      await this.target().turn()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await this.target().drain()
    this.dueByShortfall.length = 0
  }
}

function contender(name: string, role: Contender['role'], rate: number, generator: Generator): Contender {
  return { name, role, round: (samples) => generator.run(rate, 1, samples) }
}

export const instructionLatency: Scenario = {
  name: 'instruction-latency',
  measures:
    'from an event being due to its instruction released, journal with fsync, one group on one worker',
  warmUpRounds: 2,
  rounds: 10,
  async contenders() {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
    const holder: { live?: LiveTarget; plain?: PlainPipeline } = {}
    const weir = new Generator(() => holder.live!)
    const plain = new Generator(() => holder.plain!)
    const group = await LiveGroup.start(join(directory, 'live'), weir.released)
    holder.live = new LiveTarget(group)
    holder.plain = await PlainPipeline.start(join(directory, 'plain.jsonl'), plain.released)
    return {
      list: [
        contender('weir, 2,000 events/s', 'weir', 2_000, weir),
        contender('weir, 20,000 events/s', 'peer', 20_000, weir),
        contender('plain pipeline, 2,000 events/s', 'peer', 2_000, plain),
      ],
      notes: [
        'Plain pipeline: avsc, HiGHS WASM kept warm, JSON lines with fdatasync; no deduplication, gate or proof.',
      ],
      async close() {
        await group.stop()
        await holder.plain!.stop()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}
