/**
 * One group run live: a cycle closes as soon as its worker is idle and something waits, so batches grow only under load.
 *
 * Built from the runtime's own parts (journal with fsync, ring, stage worker, the real agent); only the reading of
 * sources is replaced by the benchmark's generator. An instruction counts as released when its cycle's result is here and
 * the journal has made the cycle durable.
 */
import { createAgent } from '../pipeline/agent.js'
import { NO_DIGEST } from '../pipeline/identity.js'
import { EXACT_LIMIT } from '../pipeline/ports.js'
import { encodeCycle, InputBuffer } from '../pipeline/runtime/cycles/cycle-codec.js'
import { declareSources } from '../pipeline/runtime/engine/worker-requests.js'
import { Journal } from '../pipeline/runtime/journal/journal.js'
import { CYCLE_KIND, CYCLE_RESULT_KIND } from '../pipeline/runtime/journal/layout.js'
import { Bell } from '../pipeline/runtime/rings/bell.js'
import * as protocol from '../pipeline/runtime/workers/protocol.js'
import { decodeResultMessage, type ResultMessage } from '../pipeline/runtime/workers/result-message.js'
import { StagePool } from '../pipeline/runtime/workers/stage-pool.js'
import type { Instruction } from '../schemas/generated/types.js'
import { feedSmallGroup, GROUP, GroupDriver, MORNING, POLICY_TEXT } from '../tests/support/small-group.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { nowMicros } from './harness.js'

/** A benchmark moves in a minute what a treasury moves in a year. */
const WITHOUT_DAY_LIMITS = {
  policy: POLICY_TEXT.replace('perDay: 100000000', 'perDay: 30000000000000'),
  dailyLimitMinor: EXACT_LIMIT - 1,
}

/** As in the engine: a result is committed with the next cycle, for which somebody waits. */
const JOURNAL_LINGER_MS = 5
const GROUP_INDEX = 0
const WORKER = 0

interface UnderWay {
  readonly sequence: number
  result: ResultMessage | undefined
}

export class LiveGroup {
  private readonly inputs = new InputBuffer()
  private underWay: UnderWay | undefined
  private cycle = 0
  private readonly startedAt = nowMicros()

  private constructor(
    private readonly journal: Journal,
    private readonly pool: StagePool,
    private readonly sourceNumbers: ReadonlyMap<string, number>,
    private readonly released: (instruction: Instruction) => void,
  ) {}

  /** Starts journal and worker and feeds the small group of the tests its reference data. */
  static async start(
    directory: string,
    released: (instruction: Instruction) => void,
    agentModule = new URL('../pipeline/agent.js', import.meta.url).href,
  ): Promise<LiveGroup> {
    const { module, digest } = await compileOptimizer()
    const bell = new Bell()
    const journal = await Journal.open({ directory, lingerMs: JOURNAL_LINGER_MS })
    const pool = new StagePool({ workers: 1, agentModule, optimizer: module, optimizerDigest: digest, bell })
    const driver = feedSmallGroup(
      new GroupDriver(createAgent(GROUP, { optimizer: module, optimizerDigest: digest, nowMicros })),
      WITHOUT_DAY_LIMITS,
    )
    // Streams that the day uses later must be declared before the worker adopts the group.
    for (const stream of ['cash-movement', 'execution']) driver.source(stream)
    declareSources(pool, driver.declarations())
    pool.send(WORKER, protocol.ADOPT, GROUP_INDEX, 0, Buffer.from(GROUP, 'utf8'))
    const live = new LiveGroup(journal, pool, driver.sourceNumbers(), released)
    const reference = driver.nextCycle(MORNING)
    for (const input of reference.inputs) {
      live.inputs.append(input.source, input.position, input.arrivedAt, input.payload)
    }
    await live.drain()
    return live
  }

  /** Time of the group: the morning of the test day plus what has passed since the start. */
  nowMicros(): number {
    return Math.floor(MORNING + (nowMicros() - this.startedAt))
  }

  add(stream: string, position: number, payload: Uint8Array): void {
    this.inputs.append(this.sourceNumbers.get(stream)!, position, this.nowMicros(), payload)
  }

  /** Does what can be done without waiting. */
  turn(): void {
    this.pool.receive((_worker, message) => {
      if (message.kind !== protocol.RESULT) return
      const result = decodeResultMessage(message.payload)
      this.journal.appendEncoded(CYCLE_RESULT_KIND, result.result)
      this.underWay!.result = result
    })
    if (this.pool.failure !== undefined) throw this.pool.failure
    const { underWay } = this
    if (underWay?.result !== undefined && this.journal.durable >= underWay.sequence) {
      for (const instruction of underWay.result.release) this.released(instruction)
      this.underWay = undefined
    }
    if (this.underWay === undefined && this.inputs.count > 0) this.close()
  }

  private close(): void {
    const bytes = encodeCycle(GROUP, this.cycle++, this.nowMicros(), this.inputs.take(), NO_DIGEST)
    const sequence = this.journal.appendEncoded(CYCLE_KIND, bytes)
    this.journal.hurry(sequence)
    this.underWay = { sequence, result: undefined }
    this.pool.send(WORKER, protocol.CYCLE, GROUP_INDEX, 0, bytes)
  }

  /** Runs turns until nothing is under way. */
  async drain(): Promise<void> {
    do {
      this.turn()
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.underWay !== undefined || this.inputs.count > 0)
  }

  async stop(): Promise<void> {
    await this.drain()
    await this.pool.stop()
    await this.journal.close()
  }
}
