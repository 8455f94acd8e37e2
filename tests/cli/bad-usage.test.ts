import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { root } from '../house/repository.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

interface Mistake {
  readonly title: string
  readonly args: readonly string[]
  /** Files to write into the folder that the command is run in. */
  readonly files?: Readonly<Record<string, string>>
  readonly says: RegExp
  readonly code: string
}

let policy = ''
before(() => {
  policy = readFileSync(join(root, 'policies', 'europe.yaml'), 'utf8')
})

const run = ['run', '--input', 'day', '--no-clickhouse']

const mistakes: readonly Mistake[] = [
  { title: 'no command', args: [], says: /no command/, code: 'WEIR_USAGE' },
  {
    title: 'a mistyped command',
    args: ['demmo'],
    says: /^demmo: unknown command \(did you mean demo\?\)/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'a mistyped flag',
    args: ['doctor', '--dta-dir', 'x'],
    says: /^--dta-dir: unknown option \(did you mean --data-dir\?\)/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'a flag without its value',
    args: ['replay', '--data-dir'],
    says: /^--data-dir/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'a needed flag that is mistyped',
    args: ['run', '--inputt', 'day'],
    says: /^--inputt: unknown option \(did you mean --input\?\)/,
    code: 'WEIR_USAGE',
  },
  { title: 'a required flag left out', args: ['run'], says: /^--input/, code: 'WEIR_USAGE' },
  {
    title: 'an argument too many',
    args: ['doctor', 'now'],
    says: /^weir doctor.*: too many arguments/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'a number that is none',
    args: [...run, '--workers', 'two'],
    says: /^--workers: 'two' is not a whole number from 1/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'a number out of range',
    args: [...run, '--workers', '0'],
    says: /^--workers: '0'/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'a log level that is none',
    args: ['doctor', '--log-level', 'wrn'],
    says: /^--log-level: .*did you mean warn/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'flags that contradict',
    args: [...run, '--clickhouse-url', 'http://127.0.0.1:1'],
    says: /^--clickhouse-url: .*--no-clickhouse/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'a password in a URL',
    args: ['run', '--input', 'day', '--clickhouse-url', 'http://u:geheim@127.0.0.1:1'],
    files: { 'day/policy/x.avro': '' },
    says: /^(?!.*geheim)/,
    code: 'WEIR_',
  },
  {
    title: 'no configuration file',
    args: [...run, '--config', 'weir.yaml'],
    says: /^weir\.yaml: no such file/,
    code: 'WEIR_CONFIG',
  },
  {
    title: 'a mistyped configuration key',
    args: [...run, '--config', 'weir.yaml'],
    files: { 'weir.yaml': 'dataDir: x\nworkes: 2\n' },
    says: /^weir\.yaml:2:1: unknown key 'workes'.*did you mean 'workers'/,
    code: 'WEIR_CONFIG',
  },
  {
    title: 'a wrong configuration value',
    args: [...run, '--config', 'weir.yaml'],
    files: { 'weir.yaml': 'clickhouse:\n  mode: embeded\n' },
    says: /^weir\.yaml:2:9: clickhouse\.mode is 'embeded'/,
    code: 'WEIR_CONFIG',
  },
  {
    title: 'configuration that is no YAML',
    args: [...run, '--config', 'weir.yaml'],
    files: { 'weir.yaml': 'workers: [1\n' },
    says: /^weir\.yaml:\d+:\d+: /,
    code: 'WEIR_CONFIG',
  },
  {
    title: 'a secret that is not set',
    args: [...run, '--config', 'weir.yaml'],
    files: { 'weir.yaml': 'clickhouse:\n  passwordEnv: WEIR_NO_SUCH_SECRET\n' },
    says: /^weir\.yaml:2:16: .*WEIR_NO_SUCH_SECRET is not set/,
    code: 'WEIR_CONFIG',
  },
  { title: 'no input folder', args: run, says: /^day: /, code: 'WEIR_INPUT' },
  {
    title: 'no run to replay',
    args: ['replay', '--data-dir', 'nothing'],
    says: /^nothing: /,
    code: 'WEIR_NOT_FOUND',
  },
  {
    title: 'a demo over the journal of a run',
    args: ['demo', '--data-dir', 'mine', '--no-clickhouse'],
    files: { 'mine/journal/segment-0000000000.avro': 'x' },
    says: /^mine: it holds journal, which no demo made/,
    code: 'WEIR_USAGE',
  },
  {
    title: "a demo over somebody's input",
    args: ['demo', '--data-dir', 'mine', '--no-clickhouse'],
    files: { 'mine/input/account/mine.avro': 'x' },
    says: /^mine: it holds input, which no demo made/,
    code: 'WEIR_USAGE',
  },
  {
    title: 'no policy file',
    args: ['policy', 'lint', 'none.yaml'],
    says: /^none\.yaml: no such file/,
    code: 'WEIR_POLICY',
  },
  {
    title: 'a policy replayed on the days of no run',
    args: ['policy', 'replay', 'mine.yaml', '--data-dir', 'nothing'],
    files: { 'mine.yaml': readFileSync(join(root, 'policies', 'europe.yaml'), 'utf8') },
    says: /^nothing: there is no run in this data directory/,
    code: 'WEIR_NOT_FOUND',
  },
  {
    title: 'the status of policies of no run',
    args: ['policy', 'status', '--data-dir', 'nothing'],
    says: /^nothing: no run was begun in this data directory/,
    code: 'WEIR_NOT_FOUND',
  },
  {
    title: 'a query without a run',
    args: ['sql', 'SELECT 1', '--data-dir', 'nothing'],
    says: /^nothing: /,
    code: 'WEIR_INPUT',
  },
]

/** `--json` behind these is a flag's value, not known yet, or told per file. */
const noDocument = ['no command', 'a flag without its value', 'no policy file']

for (const mistake of mistakes) {
  test(`${mistake.title}: one line, exit code 2, nothing left behind`, async () => {
    await withFolder(async (cwd) => {
      for (const [name, text] of Object.entries(mistake.files ?? {})) {
        mkdirSync(join(cwd, name, '..'), { recursive: true })
        writeFileSync(join(cwd, name), text)
      }
      const before = readdirSync(cwd, { recursive: true })
      const told = await weir(mistake.args, { cwd })
      assertOneLine(told, mistake.says)
      assert.equal(told.stdout, '')
      assert.deepEqual(readdirSync(cwd, { recursive: true }), before, 'a refused command leaves no file')
      if (noDocument.includes(mistake.title)) return
      const asJson = await weir([...mistake.args, '--json'], { cwd })
      assertOneLine(asJson, mistake.says)
      const { error } = JSON.parse(asJson.stdout) as { error: { code: string; message: string } }
      assert.ok(error.code.startsWith(mistake.code), error.code)
      assert.ok(asJson.stderr.includes(error.message))
    })
  })
}

test('a wrong policy value is told with file, line and column', async () => {
  await withFolder(async (cwd) => {
    writeFileSync(join(cwd, 'mine.yaml'), policy.replace('mode: autonomous', 'mode: automatic'))
    const line = policy.split('\n').findIndex((text) => text.startsWith('mode: autonomous')) + 1
    const outcome = await weir(['policy', 'lint', 'mine.yaml'], { cwd })
    assertOneLine(outcome, new RegExp(`^mine\\.yaml:${line}:7: mode is 'automatic' \\(use one of: shadow`))
    const { stdout } = await weir(['policy', 'lint', 'mine.yaml', '--json'], { cwd })
    const answer = JSON.parse(stdout) as { valid: boolean; policies: { error: { code: string } }[] }
    assert.equal(answer.valid, false)
    assert.equal(answer.policies[0]?.error.code, 'WEIR_POLICY')
  })
})

function assertOneLine({ code, stderr, left }: Outcome, says: RegExp): void {
  assert.match(stderr, /^weir: [^\n]+\n$/, stderr)
  assert.match(stderr.slice('weir: '.length), says)
  assert.doesNotMatch(stderr, / at .*:\d+:\d+\)|node:internal/)
  assert.equal(code, 2, stderr)
  assert.deepEqual(left, [])
}
