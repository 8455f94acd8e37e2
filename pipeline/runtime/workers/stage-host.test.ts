/**
 * Agents in stage workers behind the port: an agent that fails hurts nobody but itself, whatever it does.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { NO_DIGEST } from '../../identity.js'
import { encodeCycle, NO_INPUTS } from '../cycles/cycle-codec.js'
import type { AgentAnswer } from '../distributed/ports.js'
import { Bell } from '../rings/bell.js'
import { StageHost } from './stage-host.js'

/** The smallest module there is: eight bytes of header. */
const emptyModule = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))
const CYCLE_DEADLINE_MS = 300

class Desk {
  readonly host: StageHost
  readonly #bell = new Bell()
  readonly #answers: AgentAnswer[] = []

  constructor(context: TestContext, workers = 1) {
    this.host = new StageHost({
      workers,
      agentModule: new URL('../testing/faulty-agent.js', import.meta.url).href,
      optimizer: emptyModule,
      optimizerDigest: new Uint8Array(32),
      bell: this.#bell,
      cycleDeadlineMs: CYCLE_DEADLINE_MS,
      stopGraceMs: 200,
    })
    context.after(() => this.host.stop())
  }

  apply(slot: number, groupId: string, cycle: number): void {
    this.host.apply(slot, encodeCycle(groupId, cycle, 1_000 * (cycle + 1), NO_INPUTS, NO_DIGEST))
  }

  /** The next answer of the slot. */
  async answer(slot: number): Promise<AgentAnswer> {
    for (;;) {
      this.#answers.push(...this.host.poll())
      const at = this.#answers.findIndex((one) => one.slot === slot)
      if (at >= 0) return this.#answers.splice(at, 1)[0]
      // A worker that hangs rings no bell: the deadline is found by looking.
      const timer = setTimeout(this.#bell.ring, 50)
      await this.#bell.sleep(() => this.host.hasNews)
      clearTimeout(timer)
    }
  }

  async adopt(slot: number, groupId: string): Promise<void> {
    this.host.adopt(slot, 0, groupId)
    assert.deepEqual(await this.answer(slot), { kind: 'ready', slot, restored: true })
  }

  async works(slot: number, groupId: string, cycle: number): Promise<void> {
    this.apply(slot, groupId, cycle)
    const answer = await this.answer(slot)
    assert.equal(answer.kind, 'result', JSON.stringify(answer))
  }
}

test('an agent that throws is lost alone', async (context) => {
  const desk = new Desk(context)
  await desk.adopt(1, 'good')
  await desk.adopt(2, 'throws:1')
  await desk.works(2, 'throws:1', 0)
  desk.apply(2, 'throws:1', 1)
  const lost = await desk.answer(2)
  assert.ok(lost.kind === 'lost' && lost.blamed)
  assert.match(lost.error.toLine(), /throws:1, cycle 1: the agent failed: as asked/)
  await desk.works(1, 'good', 0)
})

test('an agent that computes too long is stopped by the word, and its worker lives on', async (context) => {
  const desk = new Desk(context)
  await desk.adopt(1, 'good')
  await desk.works(1, 'good', 0)
  await desk.adopt(2, 'spins:0')
  desk.apply(2, 'spins:0', 0)
  desk.apply(1, 'good', 1)
  const lost = await desk.answer(2)
  assert.ok(lost.kind === 'lost' && lost.blamed)
  assert.equal(lost.error.code, 'WEIR_SOLVER')
  const other = await desk.answer(1)
  assert.ok(other.kind === 'result' && other.result.cycle === 1)
  await desk.works(1, 'good', 2)
})

for (const fault of ['hangs', 'ends']) {
  test(`a worker whose agent ${fault} is replaced; the others in it can be made anew from their snapshots`, async (context) => {
    const desk = new Desk(context)
    await desk.adopt(1, 'good')
    await desk.works(1, 'good', 0)
    desk.host.snapshot(1)
    const snapshot = await desk.answer(1)
    assert.ok(snapshot.kind === 'snapshot')
    await desk.adopt(2, `${fault}:0`)
    desk.apply(2, `${fault}:0`, 0)
    const [lost, other] = [await desk.answer(2), await desk.answer(1)]
    assert.ok(lost.kind === 'lost' && lost.blamed)
    assert.ok(other.kind === 'lost' && !other.blamed)
    desk.host.adopt(3, 0, 'good', snapshot)
    assert.deepEqual(await desk.answer(3), { kind: 'ready', slot: 3, restored: true })
    await desk.works(3, 'good', 1)
  })
}

test('a snapshot whose digest differs is refused, and no agent is made of it', async (context) => {
  const desk = new Desk(context)
  await desk.adopt(1, 'good')
  desk.host.snapshot(1)
  const snapshot = await desk.answer(1)
  assert.ok(snapshot.kind === 'snapshot')
  desk.host.adopt(2, 0, 'good', { digest: new Uint8Array(32), state: snapshot.state })
  assert.deepEqual(await desk.answer(2), { kind: 'ready', slot: 2, restored: false })
})
