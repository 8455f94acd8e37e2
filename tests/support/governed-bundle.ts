/** Bundles of governed groups for tests: exported from a journal, verified, and with leaves that somebody forged. */
import assert from 'node:assert/strict'
import { canonicalJson, type Json } from '../../schemas/canonical-json.js'
import type { Command } from '../../schemas/generated/types.js'
import { type Bundle, type BundledLeaf, formatBundle, parseBundle } from '../../sinks/audit/bundle/bundle.js'
import { exportDecision } from '../../sinks/audit/bundle/export-decision.js'
import type { Point } from '../../sinks/audit/bundle/points/point.js'
import { verifyBundle } from '../../sinks/audit/bundle/verify-bundle.js'
import { appendLeaves } from '../../sinks/audit/leaves/audit-projection.js'
import { commandFields } from '../../sinks/audit/leaves/leaf-fields.js'
import { replayDecision } from '../../sinks/audit/replay/replay-decision.js'
import { KEY, ORIGIN, openTestLog } from '../../sinks/audit/testing/logs.js'
import { MemoryFiles } from '../../sinks/audit/testing/memory-files.js'
import type { ProjectedJournal } from '../../sinks/journal/journal-port.js'
import { POLICY_TEXT } from './small-group.js'

const trust = { origin: ORIGIN, logKeys: [KEY.verifier()] }
export const SUPERVISED = POLICY_TEXT.replace('mode: autonomous', 'mode: supervised')
export const TWO = SUPERVISED.replace(
  'expectedFlows:',
  'approvals: { required: 2, roles: [approver, risk-officer], withinSeconds: 3600 }\nexpectedFlows:',
)

export async function exported(journal: ProjectedJournal, id: string, fromStart = false): Promise<Bundle> {
  const log = await openTestLog(new MemoryFiles())
  await appendLeaves(journal, log)
  const bundle = (await exportDecision(log, journal, id, { fromStart })) ?? assert.fail(`no decision ${id}`)
  return parseBundle(formatBundle(bundle), 'test')
}

export const verified = (bundle: Bundle): Promise<readonly Point[]> =>
  verifyBundle(bundle, trust, replayDecision)

export async function pointOf(bundle: Bundle, name: Point['point']): Promise<Point> {
  return (await verified(bundle)).find(({ point }) => point === name) ?? assert.fail()
}

export async function demandVerified(bundle: Bundle): Promise<void> {
  assert.deepEqual(
    (await verified(bundle)).filter(({ holds }) => !holds),
    [],
  )
}

interface LeafText {
  readonly kind: string
  readonly order?: string
  readonly author?: string
  readonly state?: string
}

export const textOf = ({ record }: BundledLeaf): LeafText & Record<string, Json> =>
  JSON.parse(Buffer.from(record).toString('utf8')) as LeafText & Record<string, Json>

/** Another leaf in the place of one, with the fields that such a command has. */
export function forgedLeaf(leaf: BundledLeaf, command: Command): BundledLeaf {
  const text = textOf(leaf)
  const fields = commandFields(command, { input: Number(text.input), taken: Number(text.taken) })
  return { ...leaf, record: Buffer.from(canonicalJson({ ...text, ...fields } as Json), 'utf8') }
}
