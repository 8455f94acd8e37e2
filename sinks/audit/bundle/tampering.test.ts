/** Every part of a bundle, changed byte by byte: the change is found, by a point that names itself, or the bundle is no bundle any more. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { Random } from '../../../sandbox/random.js'
import { GovernedSession, planOf } from '../../../tests/support/governed-session.js'
import { POLICY_TEXT } from '../../../tests/support/small-group.js'
import { inBatches, smallGroupJournal } from '../../../tests/support/small-group-journal.js'
import { fileJournal } from '../../journal/journal-port.js'
import { appendLeaves } from '../leaves/audit-projection.js'
import { AuditLog } from '../log/audit-log.js'
import { cosign, parseSignedCheckpoint } from '../log/checkpoint.js'
import { KIND_COSIGNATURE, LocalKey } from '../log/keys.js'
import { replayDecision } from '../replay/replay-decision.js'
import { KEY, ORIGIN, SETUP } from '../testing/logs.js'
import { MemoryFiles } from '../testing/memory-files.js'
import { BUNDLE_BYTES_MOST, type Bundle, formatBundle, parseBundle } from './bundle.js'
import { Evidence, type Trust } from './evidence.js'
import { exportDecision } from './export-decision.js'
import { approvalsPoint } from './points/approvals.js'
import { ask, POINT_NAMES } from './points/point.js'
import { verifyBundle } from './verify-bundle.js'

/** Bytes of the text that are turned, beside one of each value. */
const TURNED = 500
const PER_VALUE = 1

const witness = LocalKey.fromSeed('weir.example/witness', Buffer.alloc(32, 9))
const witnessKeys = [witness.verifier(KIND_COSIGNATURE)]
let trust: Trust
let text: string
const random = new Random('tampering', 1)

before(async () => {
  const entries = await smallGroupJournal({ seed: 4, steps: 30 })
  const journal = fileJournal((from, until) => inBatches(entries, from.sequence, until))
  const log = await AuditLog.openFiles(new MemoryFiles(), SETUP)
  await appendLeaves(journal, log, 20)
  const since = log.checkpoint()
  await appendLeaves(journal, log)
  const { text: checkpoint } = parseSignedCheckpoint(log.checkpoint()).note
  const cosignature = await cosign(checkpoint, witness.signer(KIND_COSIGNATURE), 2_000)
  await log.addCosignatures(checkpoint, [cosignature], witnessKeys)
  trust = { origin: ORIGIN, logKeys: [KEY.verifier()], witnessKeys, witnessQuorum: 1, since }
  let bundle: Bundle | undefined
  for (let index = log.size - 1; index >= 0 && bundle === undefined; index--) {
    const leaf = JSON.parse(Buffer.from(await log.record(index)).toString()) as {
      kind: string
      instructions: number
      id: string
    }
    if (leaf.kind === 'decision' && leaf.instructions > 1)
      bundle = await exportDecision(log, journal, leaf.id, { since })
  }
  text = formatBundle(bundle ?? assert.fail('no decision has acted'))
  assert.deepEqual(await pointsThatFail(text), [])
})

/** `unreadable`, or the points. */
async function pointsThatFail(changed: string, by = trust): Promise<string[]> {
  let bundle: Bundle
  try {
    bundle = parseBundle(changed, 'test')
  } catch (error) {
    assert.ok(error instanceof WeirError && error.code === 'WEIR_AUDIT', String(error))
    return ['unreadable']
  }
  const points = await verifyBundle(bundle, by, replayDecision)
  return points.filter(({ holds }) => !holds).map(({ point }) => point)
}

test('no bit of the text can be turned without being found', async () => {
  const bytes = Buffer.from(text)
  const counts = new Map<string, number>()
  for (let turn = 0; turn < TURNED; turn++) {
    const at = random.integer(0, bytes.length - 1)
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(0, 7))
    const points = await pointsThatFail(changed.toString('utf8'))
    assert.ok(points.length > 0, `byte ${at} of ${bytes.length} is not missed`)
    for (const point of points) counts.set(point, (counts.get(point) ?? 0) + 1)
  }
  assert.ok((counts.get('unreadable') ?? 0) < TURNED, 'some are bundles still')
})

test('each number, each text and each blob that is changed is found by a point', async () => {
  const document = JSON.parse(text) as object
  const met = new Set<string>()
  const values = valuesOf(document)
  assert.ok(values.length > 100)
  for (const { path, value } of values) {
    for (let turn = 0; turn < PER_VALUE; turn++) {
      const changed = changedValue(value)
      if (changed === value) continue
      const other = structuredClone(document)
      set(other, path, changed)
      const points = await pointsThatFail(`${JSON.stringify(other)}\n`)
      assert.ok(points.length > 0, `${path.join('.')} is not missed`)
      for (const point of points) met.add(point)
    }
  }
  for (const point of POINT_NAMES) assert.ok(met.has(point), `${point} was never what failed`)
})

test('each byte of what people signed, and each value of a bundle that has it, is found, by the point of approvals too', async () => {
  const { governed, text: whole, trust: by } = await governedBundle()
  const fails = async (changed: string): Promise<string[]> => pointsThatFail(changed, by)
  assert.deepEqual(await fails(whole), [])
  const counts = new Map<string, number>()
  for (const part of ['rosters', 'commands'] as const)
    for (const [index, bytes] of governed[part].entries()) {
      const step = Math.max(1, Math.floor(bytes.length / 150))
      for (let at = random.integer(0, step - 1); at < bytes.length; at += step) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(0, 7))
        const parts = governed[part].map((one, other) => (other === index ? changed : one))
        const evidence = new Evidence({ ...governed, [part]: parts }, by, replayDecision)
        const { holds } = await ask('approvals', () => approvalsPoint(evidence))
        assert.equal(holds, false, `byte ${at} of ${part} ${index} is not missed`)
        counts.set(part, (counts.get(part) ?? 0) + 1)
      }
    }
  assert.ok([...counts.values()].every((count) => count > 150) && counts.size === 2)
  const document = JSON.parse(whole) as object
  for (const { path, value } of valuesOf(document)) {
    const changed = changedValue(value)
    if (changed === value) continue
    const other = structuredClone(document)
    set(other, path, changed)
    assert.ok((await fails(`${JSON.stringify(other)}\n`)).length > 0, `${path.join('.')} is not missed`)
  }
})

/** Of a plan that two people approved. */
async function governedBundle() {
  const approvals = 'approvals: { required: 2, roles: [approver, risk-officer], withinSeconds: 900 }'
  const session = await GovernedSession.of(
    POLICY_TEXT.replace('mode: autonomous', 'mode: supervised').replace(
      'expectedFlows:',
      `${approvals}\nexpectedFlows:`,
    ),
  )
  const { id, plan } = planOf(session.spend())
  session.order({ kind: 'APPROVE', ...plan, author: 'anna' })
  session.settle(session.order({ kind: 'APPROVE', ...plan, author: 'rosa' }))
  const log = await AuditLog.openFiles(new MemoryFiles(), SETUP)
  await appendLeaves(session.journal, log)
  const governed = (await exportDecision(log, session.journal, id)) ?? assert.fail('nothing was exported')
  return { governed, text: formatBundle(governed), trust: { origin: ORIGIN, logKeys: [KEY.verifier()] } }
}

test('bundles that are cut short or too long are refused as that', async () => {
  for (let cut = 0; cut < text.length; cut += Math.ceil(text.length / 200))
    assert.deepEqual(await pointsThatFail(text.slice(0, cut)), ['unreadable'])
  assert.deepEqual(await pointsThatFail(`${text} `), ['unreadable'])
  const long = `${text.slice(0, -2)},"more":"${'x'.repeat(BUNDLE_BYTES_MOST)}"}\n`
  assert.throws(() => parseBundle(long, 'test'), { code: 'WEIR_AUDIT', message: /longer than/ })
})

type Path = readonly (string | number)[]

function valuesOf(value: unknown, path: Path = []): { path: Path; value: string | number | null }[] {
  if (typeof value !== 'object' || value === null) return [{ path, value: value as string | number | null }]
  if (Array.isArray(value)) return value.flatMap((item, at) => valuesOf(item, [...path, at]))
  return Object.entries(value).flatMap(([name, member]) => valuesOf(member, [...path, name]))
}

function set(target: object, path: Path, value: unknown): void {
  const [last, ...before] = [...path].reverse()
  const holder = before.reverse().reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], target)
  ;(holder as Record<string, unknown>)[last ?? ''] = value
}

/** A byte of what a blob holds, a character of a text, a number that is one off. */
function changedValue(value: string | number | null): string | number | null {
  if (value === null) return ''
  if (typeof value === 'number') return value + 1
  const bytes = Buffer.from(value, 'base64')
  const isBlob = bytes.length > 0 && bytes.toString('base64') === value
  const changed = isBlob ? bytes : Buffer.from(value)
  if (changed.length === 0) return 'AA=='
  const at = random.integer(0, changed.length - 1)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed.toString(isBlob ? 'base64' : 'utf8')
}
