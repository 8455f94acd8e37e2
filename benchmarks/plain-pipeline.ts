/**
 * The plain way to do what `live-group.ts` does, with libraries a user would reach for: the peer of the latency benchmark.
 *
 * One thread: avsc objects, a map of balances, the same LP solved by HiGHS in WASM kept warm, and a file of JSON lines made
 * durable with fdatasync before an instruction leaves. It leaves out deduplication, the gate, reservations and the record
 * of the decision, so it does less.
 */
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import avro from 'avsc'
import { createAgent } from '../pipeline/agent.js'
import { channelsOf } from '../pipeline/deliberation/channels.js'
import { ExpectedFlows } from '../pipeline/deliberation/expected-flows.js'
import { positionsOf } from '../pipeline/deliberation/positions.js'
import { buildRebalancingModel, MODEL_UNIT } from '../pipeline/deliberation/rebalancing-model.js'
import { resolvePolicy } from '../pipeline/deliberation/resolved-policy.js'
import { sharedLimits } from '../pipeline/deliberation/shared-limits.js'
import { decodeState } from '../pipeline/state-codec.js'
import { SCHEMA_JSON } from '../schemas/generated/schemas.js'
import type { CashMovement, Instruction } from '../schemas/generated/types.js'
import { feedSmallGroup, GROUP, GroupDriver, MORNING, SECOND } from '../tests/support/small-group.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { loadHighs, toHighs } from '../wasm-core/host/peers/highs.js'
import { nowMicros } from './harness.js'
import type { MovementTarget } from './movement-target.js'

const syncData = promisify(fdatasync)

type HighsModel = ReturnType<Awaited<ReturnType<typeof loadHighs>>['createModel']>

const PAYROLL_BAND_MINOR = 1_600_000_00

export class PlainPipeline implements MovementTarget {
  private readonly type = avro.Type.forSchema(JSON.parse(SCHEMA_JSON['cash-movement']) as avro.Schema)
  private readonly balances = new Map([
    ['OPERATING', 9_000_000_00],
    ['PAYROLL', 2_000_000_00],
    ['DOLLARS', 1_000_000_00],
  ])
  private waiting: Uint8Array[] = []
  private order = 0
  private busy: Promise<void> | undefined

  private constructor(
    private readonly file: number,
    private readonly model: HighsModel,
    private readonly rows: ReadonlyMap<string, number>,
    private readonly transferColumn: number,
    private readonly released: (instruction: Instruction) => void,
  ) {}

  static async start(path: string, released: (instruction: Instruction) => void): Promise<PlainPipeline> {
    const named = await smallGroupModel()
    const highs = await loadHighs()
    const model = highs.createModel(toHighs(named.sparse))
    model.options.set('output_flag', false)
    model.run()
    const rows = new Map(named.rowNames.map((name, index) => [name, index]))
    const column = named.columnNames.indexOf('transfer:OPERATING-PAYROLL')
    return new PlainPipeline(openSync(path, 'a'), model, rows, column, released)
  }

  nowMicros = () => Math.floor(MORNING + nowMicros())

  movement(payload: Uint8Array): void {
    this.waiting.push(payload)
  }

  settle(instruction: Instruction): void {
    this.add('OPERATING', -instruction.amountMinor)
    this.add('PAYROLL', instruction.amountMinor)
  }

  private add(accountId: string, amountMinor: number): void {
    this.balances.set(accountId, this.balances.get(accountId)! + amountMinor)
  }

  turn(): void {
    if (this.busy !== undefined || this.waiting.length === 0) return
    const batch = this.waiting
    this.waiting = []
    this.busy = this.process(batch).finally(() => {
      this.busy = undefined
    })
  }

  private async process(batch: readonly Uint8Array[]): Promise<void> {
    const movements = batch.map((bytes) => this.type.fromBuffer(Buffer.from(bytes)) as CashMovement)
    for (const { accountId, amountMinor } of movements) this.add(accountId, amountMinor)
    const short = this.balances.get('PAYROLL')! < PAYROLL_BAND_MINOR
    const amountMinor = short ? this.solve() : 0
    writeSync(this.file, `${JSON.stringify({ movements, amountMinor })}\n`)
    await syncData(this.file)
    if (amountMinor > 0) this.released(this.instruction(amountMinor))
  }

  private solve(): number {
    for (const [accountId, balance] of this.balances) {
      const row = this.rows.get(`cash:${accountId}`)!
      this.model.changeRowBounds(row, balance / MODEL_UNIT, balance / MODEL_UNIT)
    }
    this.model.run()
    return Math.round(this.model.getSolution().colValue[this.transferColumn]! * MODEL_UNIT)
  }

  private instruction(amountMinor: number): Instruction {
    const order = this.order++
    return { leg: order, destinationAccountId: 'PAYROLL', amountMinor } as Instruction
  }

  async drain(): Promise<void> {
    do {
      this.turn()
      await this.busy
    } while (this.waiting.length > 0)
  }

  async stop(): Promise<void> {
    await this.drain()
    this.model.dispose()
    closeSync(this.file)
  }
}

/** The LP that the agent of the small group would solve after its first cycle. */
async function smallGroupModel() {
  const { module, digest } = await compileOptimizer()
  const agent = createAgent(GROUP, { optimizer: module, optimizerDigest: digest, nowMicros })
  const driver = feedSmallGroup(new GroupDriver(agent))
  driver.close(MORNING + SECOND)
  const state = decodeState(agent.snapshot())
  const resolved = resolvePolicy(state)!
  const now = MORNING + SECOND
  const expected = new ExpectedFlows().within(state, resolved, now)
  const positions = positionsOf(state, resolved, now, expected)
  const limits = sharedLimits(state, resolved, positions)
  return buildRebalancingModel(limits, resolved, positions, channelsOf(state, resolved, positions, now))
}
