/** `weir simulate` as a user calls it: what holds, what is found and repeated, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { weir } from './weir-process.js'

interface Document {
  readonly holds: boolean
  readonly totals: { readonly seeds: number; readonly cycles: number }
  readonly broken: readonly number[]
  readonly findings: readonly {
    readonly command: string
    readonly digest: string
    readonly invariant: string
  }[]
  readonly results: readonly { readonly digest: string }[]
}

async function simulate(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await weir(['simulate', '--json', '--agent', 'stand-in', ...args], { env })
  return { code, stderr, document: JSON.parse(stdout) as Document }
}

test('seeds that hold end with code 0, and the same seed has the same digest', async () => {
  const first = await simulate(['--seeds', '3..4', '--faults', 'crash,pause'])
  assert.equal(first.code, 0, first.stderr)
  assert.equal(first.document.holds, true)
  assert.equal(first.document.totals.seeds, 2)
  assert.ok(first.document.totals.cycles > 20)
  const second = await simulate(['--seed', '4', '--faults', 'crash,pause'])
  assert.equal(second.document.results[0].digest, first.document.results[1].digest)
})

test('what is found ends with code 3, and the printed command repeats it bit for bit', async () => {
  const env = { WEIR_TEST_PLANTED_BUG: 'release-before-commit' }
  const { code, document } = await simulate(['--seed', '1'], env)
  assert.equal(code, 3)
  assert.deepEqual(document.broken, [1])
  const [{ command, digest, invariant }] = document.findings
  assert.equal(invariant, 'effective-once')
  const only = /--only '(.*)'$/.exec(command)?.[1]
  assert.ok(only !== undefined, command)
  const again = await simulate(['--seed', '1', '--only', only], env)
  assert.equal(again.document.results[0].digest, digest)
})

test('wrong usage is refused with its place', async () => {
  const wrong: [readonly string[], string][] = [
    [['--seeds', '9..3'], '--seeds'],
    [['--faults', 'flood'], '--faults'],
    [['--only', '{}'], '--only'],
    [['--fault-list', '/nowhere/faults.json'], '--fault-list'],
    [['--seeds', '1..2', '--trace'], '--trace'],
  ]
  for (const [args, place] of wrong) {
    const { code, stderr } = await weir(['simulate', ...args])
    assert.equal(code, 2, args.join(' '))
    assert.ok(stderr.includes(place), stderr)
  }
})
