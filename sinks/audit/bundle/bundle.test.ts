/** Bundles of a real log over a synthetic journal: what is whole verifies, and nothing that was changed does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WeirError } from '../../../pipeline/errors.js'
import { makeSyntheticDay } from '../../clickhouse/testing/synthetic-day.js'
import { fileJournal } from '../../journal/journal-port.js'
import { appendLeaves } from '../leaves/audit-projection.js'
import { AuditLog } from '../log/audit-log.js'
import { LocalKey } from '../log/keys.js'
import { MemoryFiles } from '../testing/memory-files.js'
import { type Bundle, formatBundle, parseBundle } from './bundle.js'
import { exportDecision } from './export-decision.js'
import { verifyBundle } from './verify-bundle.js'

const ORIGIN = 'weir.example/treasury'
const key = LocalKey.fromSeed(ORIGIN, Buffer.alloc(32, 7))
const trust = { origin: ORIGIN, logKeys: [key.verifier()] }
const day = makeSyntheticDay({ seed: 5, groups: 3, cycles: 60, movements: 3 })
const log = await AuditLog.openFiles(new MemoryFiles(), {
  origin: ORIGIN,
  signers: [key.signer()],
  verifiers: [key.verifier()],
})
await appendLeaves(fileJournal(day.read), log)

interface LeafText {
  readonly kind: string
  readonly id: string
  readonly instructions: number
  readonly outcome: string
}

const decisions: LeafText[] = []
for (let index = 0; index < log.size; index++) {
  const leaf = JSON.parse(Buffer.from(await log.record(index)).toString()) as LeafText
  if (leaf.kind === 'decision') decisions.push(leaf)
}
const acted = decisions.find(({ instructions }) => instructions > 0) ?? assert.fail('no decision has acted')
const bundle = await exportDecision(log, acted.id)

const failing = (changed: Bundle, by = trust) =>
  verifyBundle(changed, by)
    .filter(({ holds }) => !holds)
    .map(({ point }) => point)

test('decisions of every outcome, refusals included, are exported, read and verified', async () => {
  assert.ok(new Set(decisions.map(({ outcome }) => outcome)).size >= 3)
  const outcomes = new Map(
    decisions.map((decision) => [`${decision.outcome} ${decision.instructions}`, decision]),
  )
  for (const { id } of outcomes.values()) {
    const exported = await exportDecision(log, id)
    const read = parseBundle(formatBundle(exported), 'test')
    assert.deepEqual(failing(read), [], id)
    assert.equal(formatBundle(read), formatBundle(exported))
  }
})

test('a decision that is not in the log is told', async () => {
  await assert.rejects(exportDecision(log, '0'.repeat(32)), { code: 'WEIR_INPUT' })
})

test('no bit of a bundle can be turned without being found', () => {
  const bytes = Buffer.from(formatBundle(bundle))
  for (let at = 0; at < bytes.length - 1; at++) {
    const bit = 1 << ((at * 5) % 8)
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ bit
    let read: Bundle
    try {
      read = parseBundle(changed.toString('utf8'), 'test')
    } catch (error) {
      assert.ok(error instanceof WeirError && error.code === 'WEIR_AUDIT', String(error))
      continue
    }
    assert.notDeepEqual(failing(read), [], `bit ${bit} of byte ${at} is not missed`)
  }
})

test('leaves that are left out, doubled or out of order, and leaves of others, are found by their points', async () => {
  const { leaves } = bundle
  const kinds = leaves.map(({ record }) => (JSON.parse(Buffer.from(record).toString()) as LeafText).kind)
  const without = (kind: string) => leaves.filter((_, at) => at !== kinds.indexOf(kind))
  const having = (changed: readonly (typeof leaves)[number][]): Bundle => ({ ...bundle, leaves: changed })
  assert.deepEqual(failing(having(without('policy'))), ['policy'])
  assert.ok(failing(having(without('decision'))).includes('decision'))
  assert.ok(failing(having(without('instruction'))).includes('instructions'))
  assert.ok(failing(having(without('instruction-event'))).includes('fate'))
  assert.ok(failing(having([...leaves, leaves.at(-1) ?? assert.fail()])).includes('sequence'))
  assert.ok(failing(having([...leaves].reverse())).includes('sequence'))
  const other = await exportDecision(log, decisions.find(({ id }) => id !== acted.id)?.id ?? '')
  assert.ok(failing({ ...other, decision: acted.id }).includes('decision'))
  assert.ok(failing(having([...leaves, ...other.leaves])).length > 0)
})

test('only the keys that the reader trusts count', () => {
  const stranger = LocalKey.fromSeed(ORIGIN, Buffer.alloc(32, 8)).verifier()
  assert.deepEqual(failing(bundle, { ...trust, logKeys: [stranger] }), ['checkpoint', 'inclusion'])
  assert.deepEqual(failing(bundle, { ...trust, origin: 'weir.example/other' }), ['checkpoint', 'inclusion'])
  const witness = { witnessKeys: [stranger], witnessQuorum: 1 }
  assert.deepEqual(failing(bundle, { ...trust, ...witness }), ['checkpoint', 'inclusion'])
})

test('what is no bundle is refused as that, whatever it is', () => {
  const parse = (text: string) => parseBundle(text, 'test')
  const document = JSON.parse(formatBundle(bundle)) as Record<string, unknown>
  for (const changes of [
    { format: 'weir-audit-bundle/2' },
    { more: 1 },
    { decision: acted.id.toUpperCase() },
    { leaves: [] },
    { leaves: [{ index: -1, record: '', proof: [] }] },
    { leaves: [{ index: 0.5, record: '', proof: [] }] },
    { leaves: [{ index: 0, record: '', proof: new Array(99).fill('') }] },
    { checkpoint: 7 },
  ])
    assert.throws(() => parse(JSON.stringify({ ...document, ...changes })), { code: 'WEIR_AUDIT' })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.throws(() => parse(text), { code: 'WEIR_AUDIT' })
    }),
  )
})
