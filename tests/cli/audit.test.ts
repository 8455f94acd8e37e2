import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'
import { fileJournal } from '../../sinks/journal/journal-port.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

interface Verdict {
  readonly verified: boolean
  readonly points: readonly { readonly point: string; readonly holds: boolean }[]
}

function documentOf<Document>({ code, stdout, stderr }: Outcome, expected = 0): Document {
  assert.equal(code, expected, stderr)
  return JSON.parse(stdout) as Document
}

async function someDecision(dataDir: string): Promise<string> {
  const journal = fileJournal((from, until) => readJournal(join(dataDir, 'journal'), from.sequence, until))
  for await (const batch of journal.read({ sequence: 0, offset: -1, checksum: 0 }, Number.MAX_SAFE_INTEGER))
    for (const entry of batch) {
      const body = entry.decode()
      if (!('weir.CycleResult' in body)) continue
      const acted = body['weir.CycleResult'].decisions.find(({ instructions }) => instructions > 0)
      if (acted !== undefined) return Buffer.from(acted.decisionId).toString('hex')
    }
  return assert.fail('the day has no decision that acts')
}

test('the audit log of a run is made, checked, and a decision of it verified by its public key alone', async () => {
  await withFolder(async (cwd) => {
    const at = { cwd }
    documentOf(await weir(['sandbox', 'day', '--seed', '3', '--scale', '0.01', '--out', 'day', '--json'], at))
    documentOf(await weir(['run', '--input', 'day', '--data-dir', 'data', '--no-clickhouse', '--json'], at))
    const key = await weir(['audit', 'key', 'weir.example/treasury', '--out', 'audit.key'], at)
    assert.equal(key.code, 0, key.stderr)
    assert.equal(statSync(join(cwd, 'audit.key')).mode & 0o777, 0o600)
    writeFileSync(join(cwd, 'audit.pub'), key.stdout)
    const again = await weir(['audit', 'key', 'weir.example/treasury', '--out', 'audit.key'], at)
    assert.equal(again.code, 2)
    assert.match(again.stderr, /audit\.key: the file is there/)

    const log = ['--data-dir', 'data', '--key', 'audit.key', '--json']
    const reader = ['--data-dir', 'data', '--keys', 'audit.pub', '--json']
    const made = documentOf<{ appended: number; checkpoint: string }>(
      await weir(['audit', 'append', ...log], at),
    )
    assert.ok(made.appended > 100)
    assert.equal(documentOf<{ appended: number }>(await weir(['audit', 'append', ...log], at)).appended, 0)
    const { leaves, behind } = documentOf<{ leaves: number; behind: number }>(
      await weir(['audit', 'check', ...reader], at),
    )
    assert.deepEqual([leaves, behind], [made.appended, 0])

    const decision = await someDecision(join(cwd, 'data'))
    writeFileSync(join(cwd, 'kept'), made.checkpoint)
    const exported = documentOf<{ bytes: number }>(
      await weir(['audit', 'export', decision, '--out', 'bundle', '--since', 'kept', ...reader], at),
    )
    assert.ok(exported.bytes > 50_000)
    const verify = ['audit', 'verify', 'bundle', '--keys', 'audit.pub', '--since', 'kept']
    const verdict = documentOf<Verdict>(await weir([...verify, '--json'], at))
    assert.deepEqual([verdict.verified, verdict.points.length], [true, 10])
    const text = await weir(verify, at)
    assert.match(text.stdout, /^verified$/m)
    assert.match(text.stdout, /^ 4 holds {2}certificate +optimal/m)

    const bundle = readFileSync(join(cwd, 'bundle'), 'utf8')
    writeFileSync(
      join(cwd, 'bundle'),
      bundle.replace(/"index":(\d+)/, (_, index) => `"index":${Number(index) + 1}`),
    )
    const refuted = documentOf<Verdict>(await weir([...verify, '--json'], at), 3)
    assert.equal(refuted.verified, false)
    assert.ok(refuted.points.some(({ point, holds }) => point === 'log' && !holds))
    assert.match((await weir(verify, at)).stdout, /^ 1 FAILS {2}log/m)
  })
})

test('what cannot be used is refused with the way out', async () => {
  await withFolder(async (cwd) => {
    const at = { cwd }
    writeFileSync(join(cwd, 'open.key'), 'PRIVATE+KEY+x', { mode: 0o644 })
    writeFileSync(join(cwd, 'bundle'), '{}')
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [['audit', 'append', '--data-dir', 'data', '--key', 'open.key'], /open\.key: .*chmod 600/],
      [['audit', 'append', '--data-dir', 'data', '--key', 'none.key'], /none\.key: .*cannot be read/],
      [['audit', 'append', '--data-dir', 'data'], /--key: this flag is needed/],
      [['audit', 'verify', 'bundle'], /--keys: this flag is needed/],
      [['audit', 'append', '--key', 'x', '--witness', 'nowhere'], /'nowhere' is no witness/],
      [['audit', 'verify', 'bundle', '--keys', 'a+00000000+b', '--state', 'x'], /the key cannot be used/],
      [['audit', 'witness', '--state', 'w', '--key', 'x'], /--log: this flag is needed/],
      [['audit', 'export', 'x', '--out', 'b', '--keys', 'a+00000000+b'], /'x' is no id/],
      [['audit', 'verify', 'none', '--keys', 'a+00000000+b'], /the key cannot be used/],
      [['audit', 'verify', 'bundle', '--keys', 'missing.pub'], /missing\.pub: .*NAME\+HASH\+KEY/],
    ]
    for (const [args, message] of refusals) {
      const { code, stderr } = await weir(args, at)
      assert.ok(code === 1 || code === 2, `${args.join(' ')}: ${code}`)
      assert.match(stderr, message)
      assert.match(stderr, /^weir: [^\n]+\n$/)
    }
  })
})
