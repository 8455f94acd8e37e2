import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { verifyEd25519 } from '../../../pipeline/governance/people/ed25519.js'
import { NO_DIGEST, toHex } from '../../../pipeline/identity.js'
import type { JournalBody } from '../../../pipeline/ports.js'
import { publicKeyOf, signAs } from '../../../sandbox/people.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import { canonicalJson, type Json } from '../../../schemas/canonical-json.js'
import { SCHEMA_JSON } from '../../../schemas/generated/schemas.js'
import type { Command } from '../../../schemas/generated/types.js'
import { command } from '../../../tests/support/a-command.js'
import { GovernedSession } from '../../../tests/support/governed-session.js'
import { GROUP, POLICY_TEXT } from '../../../tests/support/small-group.js'
import { at, ROSTER } from '../../../tests/support/small-group-session.js'
import { makeSyntheticDay } from '../../clickhouse/testing/synthetic-day.js'
import { JOURNAL_BEGIN, type JournalEntryReader } from '../../journal/journal-port.js'
import { HISTORY_BEGIN } from './history.js'
import { LEAF_BYTES_MOST, type Leaf, leafBytes } from './leaf.js'
import { commandFields } from './leaf-fields.js'
import { LeafMaker } from './leaf-maker.js'

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')
const day = makeSyntheticDay({ seed: 5, groups: 3, cycles: 60, movements: 4 })

function leavesOf(entries: readonly JournalEntryReader[], maker = new LeafMaker(0)): Leaf[] {
  return entries.flatMap((entry) => maker.leavesOf(entry))
}

const entry = (sequence: number, body: JournalBody): JournalEntryReader => ({ sequence, decode: () => body })

test('every decision, instruction and event of a day is a leaf once, in the order of the journal', () => {
  const expected = {
    decision: [] as string[],
    instruction: [] as string[],
    'instruction-event': [] as string[],
  }
  for (const { body } of day.entries) {
    if (!('weir.CycleResult' in body)) continue
    const result = body['weir.CycleResult']
    for (const { decisionId } of result.decisions) expected.decision.push(toHex(decisionId))
    for (const { instructionId } of result.instructions) expected.instruction.push(toHex(instructionId))
    for (const { instructionId, ordinal } of result.instructionEvents)
      expected['instruction-event'].push(`${toHex(instructionId)}/${ordinal}`)
  }
  const leaves = leavesOf(day.entries)
  const of = (kind: Leaf['kind']) => leaves.filter((leaf) => leaf.kind === kind).map(({ fields }) => fields)
  assert.ok(expected.decision.length > 20 && expected.instruction.length > 5)
  assert.deepEqual(
    of('decision').map(({ id }) => id),
    expected.decision,
  )
  assert.deepEqual(
    of('instruction').map(({ id }) => id),
    expected.instruction,
  )
  assert.deepEqual(
    of('instruction-event').map(({ instruction, step }) => `${instruction}/${step}`),
    expected['instruction-event'],
  )
  assert.ok(of('policy').length >= 3, 'each group was given a policy')
})

test('a decision beside the policy in force says so in its leaf; one in force has the leaf that it always had', () => {
  const besides = (arm: string) =>
    day.entries.map(({ sequence, body }) => {
      if (!('weir.CycleResult' in body)) return entry(sequence, body)
      const result = body['weir.CycleResult']
      return entry(sequence, {
        'weir.CycleResult': { ...result, decisions: result.decisions.map((one) => ({ ...one, arm })) },
      })
    })
  const decisions = (entries: readonly JournalEntryReader[]) =>
    leavesOf(entries).filter(({ kind }) => kind === 'decision')
  assert.ok(decisions(besides('shadow')).every(({ fields }) => fields.arm === 'shadow'))
  assert.ok(decisions(besides('')).every(({ fields }) => !('arm' in fields)))
})

test('leaves of a group are counted without a gap, and say which entry they are from', () => {
  const next = new Map<string, number>()
  let last = -1
  for (const { group, sequence, journal } of leavesOf(day.entries)) {
    assert.equal(sequence, next.get(group) ?? 0)
    next.set(group, sequence + 1)
    assert.ok(journal.entry > last || journal.ordinal > 0)
    last = journal.entry
  }
  assert.equal(next.size, 3)
})

test('a decision tells what it rests on by digests that whoever has the records can make', () => {
  const [decision] = leavesOf(day.entries).filter(({ kind }) => kind === 'decision')
  const bodies = day.entries.map(({ body }) => body)
  const result = day.entries[decision?.journal.entry ?? -1]?.body
  assert.ok(decision !== undefined && result !== undefined && 'weir.CycleResult' in result)
  const { groupId, cycle, explanations } = result['weir.CycleResult']
  const found = bodies.find(
    (body) =>
      'weir.Cycle' in body && body['weir.Cycle'].groupId === groupId && body['weir.Cycle'].cycle === cycle,
  )
  assert.ok(found !== undefined && 'weir.Cycle' in found)
  const explanation = explanations.find(({ decisionId }) => toHex(decisionId) === decision.fields.id)
  assert.deepEqual(decision.fields.digests, {
    cycle: sha256(encodeRecord('cycle', found['weir.Cycle'])),
    history: historyOf(bodies, groupId, cycle),
    explanation: explanation === undefined ? '' : sha256(encodeRecord('explanation', explanation)),
    chain: toHex(result['weir.CycleResult'].decisionDigest),
  })
})

test('equal entries give equal bytes, each the same text whatever made it, and within the bound', () => {
  const once = leavesOf(day.entries).map(leafBytes)
  assert.deepEqual(leavesOf(day.entries).map(leafBytes), once)
  for (const bytes of once) {
    assert.ok(bytes.length <= LEAF_BYTES_MOST)
    assert.equal(JSON.parse(bytes.toString()).leaf, 4)
  }
})

/** SHA-256 of the history before, of the cycle, and of the declarations of its sources by number, from 32 zeros on. */
function historyOf(bodies: readonly JournalBody[], groupId: string, until: number): string {
  const declared = new Map<number, Buffer>()
  let history: Uint8Array = new Uint8Array(32)
  for (const body of bodies) {
    if ('weir.SourceDeclaration' in body) {
      const declaration = body['weir.SourceDeclaration']
      const bytes = encodeRecord('source-declaration', declaration)
      declared.set(declaration.source, createHash('sha256').update(bytes).digest())
    } else if ('weir.Cycle' in body && body['weir.Cycle'].groupId === groupId) {
      const cycle = body['weir.Cycle']
      if (cycle.cycle > until) break
      const hash = createHash('sha256').update(history)
      hash.update(createHash('sha256').update(encodeRecord('cycle', cycle)).digest())
      for (let source = 0; source < declared.size; source++)
        if (cycle.inputs.some((input) => input.source === source)) hash.update(declared.get(source) ?? '')
      history = hash.digest()
    }
  }
  return toHex(history)
}

test('the history of a group changes with any input of any cycle, and with how its source is read', () => {
  const historyAfter = (change: (entries: JournalBody[]) => void): unknown => {
    const bodies = structuredClone(day.entries.map(({ body }) => body))
    change(bodies)
    const made = leavesOf(bodies.map((body, sequence) => entry(sequence, body)))
    const last = made.filter(({ kind }) => kind === 'decision').at(-1)
    return (last?.fields.digests as { readonly history: string } | undefined)?.history
  }
  const whole = historyAfter(() => undefined)
  const { group } =
    leavesOf(day.entries)
      .filter(({ kind }) => kind === 'decision')
      .at(-1) ?? assert.fail()
  const cyclesOf = (bodies: JournalBody[]) =>
    bodies.flatMap((body) =>
      'weir.Cycle' in body && body['weir.Cycle'].groupId === group && body['weir.Cycle'].inputs.length > 0
        ? [body['weir.Cycle']]
        : [],
    )
  const changed = historyAfter((bodies) => {
    const [input] = cyclesOf(bodies)[3]?.inputs ?? []
    assert.ok(input !== undefined)
    input.position += 1
  })
  const renamed = historyAfter((bodies) => {
    const source = cyclesOf(bodies)[0]?.inputs[0]?.source
    for (const body of bodies)
      if ('weir.SourceDeclaration' in body && body['weir.SourceDeclaration'].source === source)
        body['weir.SourceDeclaration'].name += '!'
  })
  assert.equal(new Set([whole, changed, renamed]).size, 3)
})

function givenOrders(dispositions: readonly number[]): JournalEntryReader[] {
  const declare = (source: number, stream: 'command' | 'quote') =>
    ({
      'weir.SourceDeclaration': {
        source,
        stream,
        name: stream,
        writerSchema: SCHEMA_JSON[stream],
        fingerprint: NO_DIGEST,
      },
    }) as JournalBody
  const inputs = dispositions.map((_, position) => ({
    source: 0,
    position,
    arrivedAt: 1,
    payload: encodeRecord('command', { ...command, reason: `number ${position}` } as never),
  }))
  const result = {
    groupId: 'NORD',
    cycle: 0,
    closedAt: 2,
    dispositions: Uint8Array.from(dispositions),
    decisions: [],
    explanations: [],
    instructions: [],
    instructionEvents: [],
  }
  return [
    entry(0, declare(0, 'command')),
    entry(1, {
      'weir.Cycle': { groupId: 'NORD', cycle: 0, closedAt: 2, inputs, configuration: NO_DIGEST },
    } as JournalBody),
    entry(2, { 'weir.CycleResult': result } as unknown as JournalBody),
  ]
}

test('a command is a leaf when it had effect, in time or late, and not when it was a duplicate or a dead letter', () => {
  // Accepted, duplicate, superseded, late, dead letter.
  const leaves = leavesOf(givenOrders([0, 1, 2, 3, 4]))
  assert.deepEqual(
    leaves.map(({ kind, fields }) => [kind, fields.order, fields.reason]),
    [
      ['command', 'HOLD', 'number 0'],
      ['command', 'HOLD', 'number 3'],
    ],
  )
})

test('what does not fit the journal before it is refused with its place', () => {
  const [, , result] = givenOrders([0])
  assert.throws(() => leavesOf([result as JournalEntryReader]), {
    code: 'WEIR_JOURNAL',
    place: 'journal partition 0, entry 2',
  })
  const torn = givenOrders([0])
  const cycle = torn[1]?.decode() as { 'weir.Cycle': { inputs: { payload: Uint8Array }[] } }
  const [input] = cycle['weir.Cycle'].inputs
  assert.ok(input !== undefined)
  input.payload = input.payload.subarray(0, 20)
  assert.throws(() => leavesOf(torn), { code: 'WEIR_JOURNAL', message: /cannot be read/ })
})

test('a leaf above the bound of the log is refused', () => {
  const leaf: Leaf = {
    kind: 'command',
    group: 'NORD',
    sequence: 0,
    journal: { partition: 0, entry: 1, ordinal: 0 },
    fields: { reason: 'x'.repeat(LEAF_BYTES_MOST) },
  }
  assert.throws(() => leafBytes(leaf), { code: 'WEIR_JOURNAL' })
})

test('what a person signed can be checked from the leaf alone, however long the detail; its record is named by digest', () => {
  for (const detail of ['', '{"for":"anna"}', JSON.stringify({ padding: 'x'.repeat(5_000) })]) {
    const signed = signAs({
      ...{ groupId: '*', author: 'omar', kind: 'APPROVE', subject: 'change:one', reason: 'Why: "so"' },
      ...{ atMicros: 1, digest: Buffer.alloc(32, 3), detail, credential: 'a text' },
    })
    const given: Command = { ...signed, sourceId: 'desk', sourceSequence: 4 }
    const leaf = commandFields(given, { input: 2, taken: 9 })
    assert.deepEqual([leaf.input, leaf.taken, leaf.record], [2, 9, sha256(encodeRecord('command', given))])
    const isLong = detail.length > 4_096
    assert.equal(leaf.detailDigest, isLong ? sha256(detail) : '')
    const { addressed, at, order, expires } = leaf
    const { id, subject, digest, author, reason, roster, credential } = leaf
    const statement = {
      ...{ at, author, credential, detail: isLong ? detail : leaf.detail, digest, expires, group: addressed },
      ...{ id, kind: order, reason, roster, subject },
    }
    const bytes = Buffer.from(`weir-command/1\n${canonicalJson(statement as Json)}`)
    const key = Buffer.from(publicKeyOf('omar'), 'base64')
    assert.equal(verifyEd25519(key, bytes, Buffer.from(String(leaf.signature), 'hex')), true)
  }
})

test('what people ordered is in the order of its effect, and decisions and events count what governs', async () => {
  const session = await GovernedSession.of(POLICY_TEXT.replace('mode: autonomous', 'mode: supervised'))
  const delegation = { kind: 'DELEGATE', author: 'anna', detail: '' } as const
  const detail = canonicalJson({ roles: ['approver'], until: at(10_000) })
  session.add({ ...delegation, subject: 'person:omar', detail, atMicros: at(session.second) })
  session.add({ kind: 'HOLD', subject: 'group', author: 'olga', atMicros: at(session.second - 0.2) })
  session.add({ ...delegation, subject: 'person:olga', detail, atMicros: at(session.second - 0.1) })
  session.close()
  session.order({ kind: 'RELEASE', subject: 'group', author: 'olga' })
  session.spend()
  const entries: JournalEntryReader[] = []
  for await (const batch of session.journal.read(JOURNAL_BEGIN, Number.MAX_SAFE_INTEGER))
    entries.push(...batch)
  const leaves = leavesOf(entries)
  assert.deepEqual(
    leaves.filter(({ kind }) => kind === 'command').map(({ fields }) => [fields.subject, fields.input]),
    [
      ['group', 1],
      ['person:olga', 2],
      ['person:omar', 0],
      ['group', 0],
    ],
  )
  assert.deepEqual(
    leaves
      .filter(({ kind }) => kind === 'roster')
      .map(({ fields }) => [fields.id, fields.version, fields.digest]),
    [['simulated', 1, sha256(ROSTER.document)]],
  )
  const counts = leaves.flatMap(({ fields }) => (fields.governing === undefined ? [] : [fields.governing]))
  // Policy and roster; the two delegations after them. Holds govern nothing.
  assert.deepEqual([...new Set(counts)], [1, 4])
  const resumed = new LeafMaker(0, new Map([[GROUP, { sequence: 3, governing: 2, history: HISTORY_BEGIN }]]))
  const again = leavesOf(entries, resumed)
  assert.deepEqual(
    again.map(({ sequence }) => sequence),
    leaves.map(({ sequence }) => sequence + 3),
  )
})
