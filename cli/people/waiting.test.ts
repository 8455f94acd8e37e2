/** What waits for people, and what became of a letter, from the entries of a journal: real cycles of the agent, and plans that await approval. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatUuid, NO_DIGEST, toHex } from '../../pipeline/identity.js'
import { Disposition } from '../../pipeline/perception/outcome.js'
import type { JournalBody } from '../../pipeline/ports.js'
import { signAs } from '../../sandbox/people.js'
import { encodeRecord } from '../../schemas/avro/registry.js'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import type { Cycle } from '../../schemas/generated/types.js'
import { GROUP, type GroupDriver, id } from '../../tests/support/small-group.js'
import { at, ROSTER, started } from '../../tests/support/small-group-session.js'
import { commandRecord, type LetterRecord } from './letter.js'
import { OutcomeWatch } from './outcome.js'
import { type GroupWaiting, WaitingView } from './waiting.js'

const FEED = { sourceId: 'desk', sourceSequence: -1 }

type Draft = Omit<Parameters<typeof signAs>[0], 'atMicros' | 'groupId' | 'reason'>

/** Applies cycles of the small group to the agent and gives their journal entries to the view and the watch. */
class Journal {
  readonly view = new WaitingView()
  second = 4

  constructor(readonly driver: GroupDriver) {
    for (const declaration of driver.declarations()) this.view.take({ 'weir.SourceDeclaration': declaration })
  }

  signed(draft: Draft, keyOf?: string) {
    const full = {
      groupId: GROUP,
      reason: 'a test',
      atMicros: at(this.second),
      nonce: String(this.second),
      ...draft,
    }
    return signAs(full, keyOf)
  }

  /** One cycle with the commands; gives its two entries. */
  give(commands: readonly object[]): JournalBody[] {
    for (const command of commands) {
      if (!this.driver.sourceNumbers().has('command')) this.#declare()
      this.driver.input('command', { ...FEED, ...command }, at(this.second))
    }
    const cycle: Cycle = this.driver.nextCycle(at(this.second + 1))
    const { result } = this.driver.agent.apply(cycle)
    this.second += 2
    const bodies = [{ 'weir.Cycle': cycle }, { 'weir.CycleResult': result }] as JournalBody[]
    for (const body of bodies) this.view.take(body)
    return bodies
  }

  get group(): GroupWaiting {
    return this.view.groups.get(GROUP) as GroupWaiting
  }

  #declare(): void {
    const source = this.driver.source('command')
    const declaration = {
      source,
      stream: 'command',
      name: 'c',
      writerSchema: SCHEMA_JSON.command,
      fingerprint: Buffer.alloc(32),
    }
    this.view.take({ 'weir.SourceDeclaration': declaration })
  }
}

async function governed(): Promise<Journal> {
  const { driver } = await started()
  driver.input('roster', ROSTER, at(2))
  driver.close(at(3))
  return new Journal(driver)
}

test('two kills of one subject in one cycle are told apart when one of them is lifted', async () => {
  const journal = await governed()
  const subject = 'account:PAYROLL'
  const kills = ['olga', 'omar'].map((author) => journal.signed({ kind: 'KILL', subject, author }))
  journal.give(kills)
  assert.equal(journal.group.kills.size, 2)
  const [first, second] = kills.map(({ commandId }) => formatUuid(toHex(commandId))) as [string, string]
  journal.give(
    ['rosa', 'ada'].map((author) => journal.signed({ kind: 'LIFT', subject: `kill:${first}`, author })),
  )
  assert.deepEqual([...journal.group.kills.keys()], [second])
  journal.give([journal.signed({ kind: 'LIFT', subject: `kill:${second}`, author: 'rosa' })])
  assert.deepEqual(
    journal.group.kills.get(second)?.voices.map(({ person }) => person),
    ['rosa'],
  )
})

test('a command that the agent refused changes nothing of what waits', async () => {
  const journal = await governed()
  journal.give([journal.signed({ kind: 'KILL', subject: 'all', author: 'olga' }, 'omar')])
  assert.equal(journal.group.kills.size, 0)
  journal.give([journal.signed({ kind: 'HOLD', subject: 'group', author: 'olga' })])
  assert.deepEqual([...journal.group.holds.keys()], ['group'])
})

test('a command that came late was taken, and counts', async () => {
  const journal = await governed()
  journal.give([journal.signed({ kind: 'HOLD', subject: 'group', author: 'olga' })])
  const early = { atMicros: at(journal.second - 120), expiresAtMicros: at(journal.second + 60) }
  const [, body] = journal.give([
    journal.signed({ kind: 'KILL', subject: 'all', author: 'olga', ...early } as Draft),
  ])
  assert.ok(body !== undefined && 'weir.CycleResult' in body)
  assert.deepEqual([...body['weir.CycleResult'].dispositions], [Disposition.LATE])
  assert.equal(journal.group.kills.size, 1)
})

test('a record is found in a cycle by its bytes, with a frame before them or without, and a refusal has its reason', async () => {
  for (const frame of [0, 5]) {
    const journal = await governed()
    const command = journal.signed({ kind: 'KILL', subject: 'all', author: 'olga' }, 'omar')
    const record = commandRecord(command)
    const watch = new OutcomeWatch([record])
    const bodies = journal.give([{ ...command, sourceId: 'people' }])
    for (const body of bodies) watch.take(framed(body, frame))
    assert.ok(watch.isSeen && watch.isComplete([GROUP]))
    const [outcome] = watch.outcomes
    assert.deepEqual(
      [outcome?.result, outcome?.reason, outcome?.groupId],
      ['refused', 'bad-signature', GROUP],
    )
  }
})

test('another record, or a cycle without its result, is no outcome', async () => {
  const journal = await governed()
  const sent = commandRecord(journal.signed({ kind: 'KILL', subject: 'all', author: 'olga' }))
  const watch = new OutcomeWatch([sent])
  for (const body of journal.give([journal.signed({ kind: 'HOLD', subject: 'group', author: 'olga' })]))
    watch.take(body)
  assert.equal(watch.isSeen, false)
  const [cycle] = journal.give([journal.signed({ kind: 'HOLD', subject: 'group', author: 'omar' })])
  assert.equal(watch.take(cycle as JournalBody), false)
  assert.equal(watch.isComplete([GROUP]), false)
})

test('a record for every group is complete when each of them has answered', () => {
  const record: LetterRecord = {
    stream: 'command',
    groupId: '*',
    bytes: encodeRecord('command', { ...FEED, ...signAs({ ...every, groupId: '*' }) } as never),
    subject: 'all',
    title: 'kill all',
  }
  const watch = new OutcomeWatch([record])
  for (const [index, groupId] of ['a', 'b'].entries()) {
    assert.equal(watch.isComplete(['a', 'b']), false)
    const cycle = {
      groupId,
      cycle: index,
      closedAt: 0,
      inputs: [{ source: 0, position: 0, arrivedAt: 0, payload: record.bytes }],
      configuration: NO_DIGEST,
    }
    watch.take({ 'weir.Cycle': cycle })
    watch.take({
      'weir.CycleResult': { ...emptyResult, groupId, cycle: index, touched: ['kill:1'] },
    } as never)
  }
  assert.ok(watch.isComplete(['a', 'b']))
})

test('a plan waits from the event that says so to the one that ends it, with its digest and its voices', () => {
  const view = new WaitingView()
  const decisionId = id('decision')
  const subject = `decision:${formatUuid(toHex(decisionId))}`
  const instruction = (leg: number) => ({ instructionId: id(`leg ${leg}`), decisionId, leg })
  const event = (leg: number, state: string) => ({ instructionId: id(`leg ${leg}`), state })
  const planDigest = Buffer.alloc(32, 7)
  const take = (fields: object): void =>
    view.take({ 'weir.CycleResult': { ...emptyResult, groupId: GROUP, ...fields } } as never)
  take({
    decisions: [{ decisionId, planDigest, reason: 'plan' }],
    instructions: [instruction(0), instruction(1)],
    instructionEvents: [0, 1].flatMap((leg) => [event(leg, 'PROPOSED'), event(leg, 'AWAITING_APPROVAL')]),
  })
  const group = view.groups.get(GROUP) as GroupWaiting
  assert.deepEqual(
    group.awaited.map((plan) => [plan.subject, plan.digest, plan.legs.size]),
    [[subject, toHex(planDigest), 2]],
  )
  take({ cycle: 1, instructionEvents: [event(0, 'RESERVED'), event(1, 'RESERVED')] })
  assert.deepEqual(group.awaited, [])
  assert.equal(group.plans.size, 0)
})

const every = { kind: 'KILL' as const, subject: 'all', author: 'olga', reason: 'a test', atMicros: at(1) }

const emptyResult = {
  cycle: 0,
  closedAt: at(5),
  dispositions: Buffer.alloc(1),
  touched: [''],
  decisions: [],
  instructions: [],
  instructionEvents: [],
  alerts: [],
  deadLetters: [],
}

function framed(body: JournalBody, bytes: number): JournalBody {
  if (!('weir.Cycle' in body)) return body
  const { inputs, ...cycle } = body['weir.Cycle']
  const framedInputs = inputs.map((input) => ({
    ...input,
    payload: Buffer.concat([Buffer.alloc(bytes), input.payload]),
  }))
  return { 'weir.Cycle': { ...cycle, inputs: framedInputs } }
}
