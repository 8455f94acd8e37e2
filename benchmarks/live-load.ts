/**
 * The load of the live benchmarks: movements at a rate, of which a few a second make an account short and cause a transfer.
 *
 * An open loop: events are due at fixed times and wait if the system is behind, so that stalls count. Depends on the
 * small group of the tests.
 */
import { fromHex, toHex } from '../pipeline/identity.js'
import type { Instruction } from '../schemas/generated/types.js'
import { encode, GROUP, id, movement } from '../tests/support/small-group.js'
import { nowMicros } from './harness.js'
import type { LiveGroup } from './live-group.js'
import type { MovementTarget } from './movement-target.js'

/** Apart far enough that one is settled before the next, at any rate of events. */
export const INSTRUCTIONS_PER_SECOND = 20
/** Falls out of the band and is refilled to the target. */
const SHORTFALL_MINOR = 1_200_000_00

export class LiveTarget implements MovementTarget {
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

export class Generator {
  private sequence = 0
  /** When the event that each waiting instruction comes from was due. */
  private readonly dueByShortfall: number[] = []
  samples: number[] = []

  constructor(
    private readonly target: () => MovementTarget,
    private readonly instructionsPerSecond = INSTRUCTIONS_PER_SECOND,
  ) {}

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
        this.event(started + sent * interval, rate / this.instructionsPerSecond)
      await this.target().turn()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await this.target().drain()
    this.dueByShortfall.length = 0
  }
}
