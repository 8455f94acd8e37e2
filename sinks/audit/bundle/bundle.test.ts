/** Bundles of a real log over a journal of real decisions: what is whole verifies in ten points, and nothing that was changed does. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { inBatches, smallGroupJournal } from '../../../tests/support/small-group-journal.js'
import { fileJournal, type ProjectedJournal } from '../../journal/journal-port.js'
import { appendLeaves } from '../leaves/audit-projection.js'
import { AuditLog } from '../log/audit-log.js'
import { cosign, parseSignedCheckpoint } from '../log/checkpoint.js'
import { KIND_COSIGNATURE, LocalKey } from '../log/keys.js'
import { replayDecision } from '../replay/replay-decision.js'
import { MemoryFiles } from '../testing/memory-files.js'
import { type Bundle, formatBundle, parseBundle } from './bundle.js'
import type { Trust } from './evidence.js'
import { exportDecision } from './export-decision.js'
import { POINT_NAMES, type Point } from './points/point.js'
import { verifyBundle } from './verify-bundle.js'

const ORIGIN = 'weir.example/treasury'
const key = LocalKey.fromSeed(ORIGIN, Buffer.alloc(32, 7))
const witness = LocalKey.fromSeed('weir.example/witness', Buffer.alloc(32, 9))
const trust: Trust = {
  origin: ORIGIN,
  logKeys: [key.verifier()],
  witnessKeys: [witness.verifier(KIND_COSIGNATURE)],
  witnessQuorum: 1,
}

interface LeafText {
  readonly kind: string
  readonly id: string
  readonly cycle: number
  readonly instructions: number
  readonly outcome: string
  readonly reason: string
  readonly solver: { readonly status: string }
}

const decisions: (LeafText & { readonly index: number })[] = []
let log: AuditLog
let journal: ProjectedJournal
let since: Uint8Array

/** Cosigned by the witness, at a time of its own. */
async function cosignAt(seconds: number): Promise<void> {
  const { text } = parseSignedCheckpoint(log.checkpoint()).note
  const signature = await cosign(text, witness.signer(KIND_COSIGNATURE), seconds)
  await log.addCosignatures(text, [signature], [witness.verifier(KIND_COSIGNATURE)])
}

before(async () => {
  const entries = await smallGroupJournal({ seed: 4, steps: 60 })
  journal = fileJournal((from, until) => inBatches(entries, from.sequence, until))
  const setup = { origin: ORIGIN, signers: [key.signer()], verifiers: [key.verifier()] }
  log = await AuditLog.openFiles(new MemoryFiles(), setup)
  await appendLeaves(journal, log, 30)
  await cosignAt(1_000)
  since = log.checkpoint()
  await appendLeaves(journal, log)
  await cosignAt(2_000)
  for (let index = 0; index < log.size; index++) {
    const leaf = JSON.parse(Buffer.from(await log.record(index)).toString()) as LeafText
    if (leaf.kind === 'decision') decisions.push({ ...leaf, index })
  }
})

async function exported(id: string, options: Parameters<typeof exportDecision>[3] = {}): Promise<Bundle> {
  return (await exportDecision(log, journal, id, options)) ?? assert.fail(`no decision ${id}`)
}

const verified = (bundle: Bundle, by = trust): Promise<readonly Point[]> =>
  verifyBundle(bundle, by, replayDecision)

async function failing(bundle: Bundle, by = trust): Promise<string[]> {
  return (await verified(bundle, by))
    .filter(({ holds }) => !holds)
    .map(({ point, detail }) => `${point}: ${detail}`)
}

const failingPoints = async (bundle: Bundle, by = trust): Promise<string[]> =>
  (await failing(bundle, by)).map((text) => text.split(':')[0] ?? '')

const acted = () =>
  decisions.filter(({ instructions }) => instructions > 0).at(-1) ?? assert.fail('none has acted')

test('decisions of every kind are exported, read and verified in ten points', async () => {
  const kinds = new Map(decisions.map((one) => [`${one.outcome} ${one.reason}`, one]))
  assert.ok(kinds.size >= 3, [...kinds.keys()].join(', '))
  for (const { id } of kinds.values()) {
    const bundle = await exported(id, { since })
    const text = formatBundle(bundle)
    const read = parseBundle(text, 'test')
    assert.equal(formatBundle(read), text)
    const points = await verified(read, { ...trust, since })
    assert.deepEqual(
      points.map(({ point }) => point),
      [...POINT_NAMES],
    )
    assert.deepEqual(await failing(read, { ...trust, since }), [], id)
  }
})

test('every decision verifies, each going on from the state in which the one before ended', async () => {
  let stateDigest: string | undefined
  for (const { id } of decisions) {
    const bundle = await exported(id)
    const points = await verified(bundle, stateDigest === undefined ? trust : { ...trust, stateDigest })
    assert.deepEqual(
      points.filter(({ holds }) => !holds),
      [],
    )
    const facts = points.at(-1)?.facts as { after: { state: string } } | undefined
    stateDigest = facts?.after.state ?? assert.fail('the replay tells no state')
  }
})

test('from the beginning of the group nothing is taken on trust', async () => {
  const bundle = await exported(acted().id, { fromStart: true })
  assert.equal(bundle.snapshot, null)
  assert.equal(bundle.cycles.length, acted().cycle + 1)
  assert.deepEqual(await failing(parseBundle(formatBundle(bundle), 'test')), [])
})

test('the record is bounded in time by what a witness saw before and after it', async () => {
  const later = decisions.at(-1) ?? assert.fail()
  const [time] = (await verified(await exported(later.id, { since }))).filter(({ point }) => point === 'time')
  assert.deepEqual(time?.facts, { afterSeconds: 1_000, beforeSeconds: 2_000 })
  const early = decisions[0] ?? assert.fail()
  const [before] = (await verified(await exported(early.id, { since }))).filter(
    ({ point }) => point === 'time',
  )
  assert.deepEqual(before?.facts, { afterSeconds: null, beforeSeconds: 2_000 })
  const { witnessKeys: _, witnessQuorum: __, ...alone } = trust
  assert.deepEqual(await failing(await exported(later.id), alone), [])
})

test('a decision that is not in the log is not found', async () => {
  assert.equal(await exportDecision(log, journal, '0'.repeat(32)), undefined)
})

test('what a verifier knows from elsewhere must be what the bundle has', async () => {
  const bundle = await exported(acted().id, { since })
  assert.deepEqual(await failingPoints(bundle, { ...trust, since: log.checkpoint() }), ['log'])
  assert.deepEqual(await failingPoints(await exported(acted().id), { ...trust, since }), ['log'])
  assert.deepEqual(await failingPoints(bundle, { ...trust, wasmDigest: '0'.repeat(64) }), ['replay'])
  assert.deepEqual(await failingPoints(bundle, { ...trust, stateDigest: '0'.repeat(64) }), ['replay'])
  const stranger = LocalKey.fromSeed(ORIGIN, Buffer.alloc(32, 8))
  assert.deepEqual(await failingPoints(bundle, { ...trust, logKeys: [stranger.verifier()] }), ['log', 'time'])
  assert.deepEqual(await failingPoints(bundle, { ...trust, origin: 'weir.example/other' }), ['log', 'time'])
  const nobody = { witnessKeys: [stranger.verifier(KIND_COSIGNATURE)] }
  assert.deepEqual(await failingPoints(bundle, { ...trust, ...nobody }), ['log', 'time'])
})

test('leaves that are left out, doubled or out of order are found by the sequence', async () => {
  const bundle = await exported(acted().id)
  const { leaves } = bundle
  const kinds = leaves.map(({ record }) => (JSON.parse(Buffer.from(record).toString()) as LeafText).kind)
  const having = (changed: readonly (typeof leaves)[number][]): Bundle => ({ ...bundle, leaves: changed })
  const without = (kind: string) => having(leaves.filter((_, at) => at !== kinds.lastIndexOf(kind)))
  assert.ok((await failingPoints(without('policy'))).includes('policy'))
  assert.ok((await failingPoints(without('decision'))).length >= 8)
  assert.ok((await failingPoints(without('instruction'))).includes('instructions'))
  assert.ok((await failingPoints(having(leaves.slice(1)))).length > 0)
  assert.ok((await failingPoints(having([...leaves, leaves.at(-1) ?? assert.fail()]))).includes('sequence'))
  assert.ok((await failingPoints(having([...leaves].reverse()))).includes('sequence'))
  for (let at = 0; at < leaves.length; at++) {
    // The last events may come later than the export, so only they may be left out.
    const points = await failingPoints(having(leaves.filter((_, other) => other !== at)))
    assert.ok(points.length > 0 || at === leaves.length - 1, `leaf ${at}, ${kinds[at]}, is not missed`)
  }
})

test('parts of another decision are found by their points', async () => {
  const [one, two] = [decisions.filter(({ solver }) => solver.status === 'optimal').at(-2), acted()]
  assert.ok(one !== undefined && one.id !== two.id)
  const [bundle, other] = [await exported(two.id), await exported(one.id)]
  const having = async (changes: Partial<Bundle>): Promise<string[]> =>
    failingPoints({ ...bundle, ...changes })
  assert.ok((await having({ certificate: other.certificate })).includes('certificate'))
  assert.ok((await having({ certificate: null })).includes('certificate'))
  assert.ok((await having({ cycles: other.cycles })).includes('inputs'))
  assert.ok((await having({ cycles: bundle.cycles.slice(1) })).includes('inputs'))
  assert.ok((await having({ snapshot: other.snapshot })).includes('replay'))
  assert.ok((await having({ snapshot: null })).includes('sequence'))
  assert.ok((await having({ wasm: null })).includes('replay'))
  assert.deepEqual(await having({ explanation: other.explanation }), ['replay'])
  assert.ok((await having({ instructions: [] })).includes('instructions'))
  assert.deepEqual(await having({ policy: `${bundle.policy}\n` }), ['policy', 'approvals'])
  assert.deepEqual(await having({ commands: [Buffer.from('yes')] }), ['policy', 'approvals'])
  assert.deepEqual(await having({ rosters: [Buffer.from('yes')] }), ['policy', 'approvals'])
  assert.ok((await having({ sources: bundle.sources.slice(1) })).includes('inputs'))
})

test('what is no bundle is refused as that, whatever it is', async () => {
  const parse = (text: string) => parseBundle(text, 'test')
  const document = JSON.parse(formatBundle(await exported(acted().id))) as Record<string, unknown>
  for (const changes of [
    { format: 'weir-audit-bundle/2' },
    { more: 1 },
    { decision: acted().id.toUpperCase() },
    { leaves: [] },
    { leaves: [{ index: -1, record: '', proof: [] }] },
    { leaves: [{ index: 0.5, record: '', proof: [] }] },
    { leaves: [{ index: 0, record: '', proof: new Array(99).fill('') }] },
    { checkpoint: 7 },
    { since: {} },
    { snapshot: { digest: 'x', state: '' } },
    { cycles: null },
    { wasm: '!' },
    { certificate: [] },
  ])
    assert.throws(() => parse(JSON.stringify({ ...document, ...changes })), { code: 'WEIR_AUDIT' })
  assert.throws(() => parse(JSON.stringify(document, undefined, 1)), { code: 'WEIR_AUDIT' })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.throws(() => parse(text), { code: 'WEIR_AUDIT' })
    }),
  )
})
