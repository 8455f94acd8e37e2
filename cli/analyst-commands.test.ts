import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { WeirError } from '../pipeline/errors.js'
import { migrate } from '../sinks/clickhouse/migrate.js'
import { Projector } from '../sinks/clickhouse/projector/projector.js'
import { openTarget } from '../sinks/clickhouse/target.js'
import { engineMissing, silentLog, temporaryDirectory } from '../sinks/clickhouse/testing/engine.js'
import { makeSyntheticDay } from '../sinks/clickhouse/testing/synthetic-day.js'
import { fileJournal } from '../sinks/journal/journal-port.js'
import { formatMinor } from './amounts.js'

const skip = engineMissing()
const directory = temporaryDirectory()
const dataDir = join(directory.path, 'run')

before(async () => {
  if (skip !== false) return
  const day = makeSyntheticDay({ seed: 9, groups: 1, cycles: 20, movements: 5 })
  const target = await openTarget({ dataDir, environment: {}, log: silentLog })
  try {
    await migrate(target.writer())
    const signal = new AbortController().signal
    const options = { journal: fileJournal(day.read), connection: target.writer(), log: silentLog, signal }
    const projector = await Projector.open(options)
    await projector.projectUntil(day.entries.length)
    await projector.close()
  } finally {
    await target.close()
  }
})

after(() => directory.remove())

/** As bin/weir.mjs, with errors as JSON: a process of its own, because the test runner owns this one's output. */
const PROGRAM = `
import { Command } from 'commander'
import { register as explain } from ${moduleUrl('./explain.js')}
import { register as lineage } from ${moduleUrl('./lineage.js')}
import { register as sql } from ${moduleUrl('./sql.js')}
const program = new Command()
for (const register of [explain, lineage, sql]) register(program)
program.parseAsync(process.argv.slice(1), { from: 'user' }).catch(({ code, message, place, remedy }) => {
  process.stderr.write(JSON.stringify({ code, message, place, remedy }))
  process.exitCode = 2
})
`

function moduleUrl(path: string): string {
  return JSON.stringify(new URL(path, import.meta.url).href)
}

/** Runs one command and gives what it wrote to standard output; throws the error it reported. */
async function weir(...words: string[]): Promise<string> {
  const placed = words.includes('--data-dir') || words.includes('--config')
  const given = placed ? words : [...words, '--data-dir', dataDir]
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', ...given])
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code === 0) return output
  if (!errors.startsWith('{')) throw new Error(errors)
  const reported = JSON.parse(errors) as {
    code: WeirError['code']
    message: string
    place: string
    remedy: string
  }
  throw new WeirError(reported.code, reported.message, reported)
}

async function failure(run: Promise<unknown>): Promise<WeirError> {
  try {
    await run
  } catch (error) {
    assert.ok(error instanceof WeirError, String(error))
    return error
  }
  return assert.fail('expected a failure')
}

interface SqlDocument {
  readonly columns: readonly { readonly name: string }[]
  readonly rows: readonly (readonly string[])[]
}

test('sql, lineage and explain give one JSON document or a page of text', { skip }, async () => {
  const statement = 'SELECT instruction_id, source_name, position FROM executions ORDER BY cycle DESC LIMIT 1'
  const document = JSON.parse(await weir('sql', statement, '--json')) as SqlDocument
  assert.deepEqual(
    document.columns.map((column) => column.name),
    ['instruction_id', 'source_name', 'position'],
  )
  const [instructionId, source, position] = document.rows[0]!
  assert.match(await weir('sql', statement), /instruction_id[\s\S]*1 row\n$/)
  const file = join(directory.path, 'run.yaml')
  writeFileSync(file, 'dataDir: ./run\n')
  assert.deepEqual(JSON.parse(await weir('sql', statement, '--json', '--config', file)), document)

  const back = JSON.parse(await weir('lineage', instructionId!, '--depth', '2', '--json'))
  assert.equal(back.kind, 'instruction')
  assert.ok(back.inputs.length > 0 && back.history.length > 0)
  const page = await weir('lineage', instructionId!)
  assert.match(
    page,
    /Instruction [\s\S]*PROPOSED[\s\S]*Decision [\s\S]*Policy .* from policy\/policies.avro:0\n[\s\S]*New inputs[\s\S]*Standing/,
  )
  assert.match(await weir('lineage', `${source}:${position}`), /Input venue:BANK[\s\S]*execution +status/)

  const explained = JSON.parse(await weir('explain', instructionId!, '--json'))
  assert.equal(explained.decision.decisionId, back.decision.decisionId)
  const reasons = await weir('explain', instructionId!)
  assert.match(reasons, /outside-band[\s\S]*binding limit[\s\S]*doing nothing[\s\S]*residuals/)
  assert.ok(!existsSync(join(dataDir, 'clickhouse', 'connection.json')))
})

test('mistakes get one line with place and remedy', { skip }, async () => {
  const unknown = await failure(weir('lineage', '00000000-0000-8000-8000-000000000001'))
  assert.equal(unknown.code, 'WEIR_NOT_FOUND')
  const wrong = await failure(weir('sql', 'SELECT nothing FROM inputs'))
  assert.equal(wrong.code, 'WEIR_USAGE')
  assert.equal((await failure(weir('sql', 'SELECT 1', '--max-rows', 'many'))).place, '--max-rows')
  assert.equal((await failure(weir('sql', 'SELECT 1 FORMAT CSV', '--json'))).code, 'WEIR_USAGE')
  for (const error of [unknown, wrong])
    assert.ok(!error.toLine().includes('\n') && error.remedy !== undefined)
  const url = await failure(weir('sql', 'SELECT 1', '--clickhouse-url', 'http://me:secret@host:8123'))
  assert.equal(url.code, 'WEIR_USAGE')
  assert.ok(!url.toLine().includes('secret'))
  const login = await failure(weir('sql', 'SELECT 1', '--clickhouse-url', 'http://127.0.0.1:9'))
  assert.equal(login.code, 'WEIR_CONFIG')
  assert.match(login.toLine(), /WEIR_CLICKHOUSE_ANALYST_USER/)
})

test('the configuration of the run says where to look, and flags come before it', async () => {
  const file = join(directory.path, 'weir.yaml')
  writeFileSync(file, 'dataDir: ./elsewhere\n')
  const asked = await failure(weir('sql', 'SELECT 1', '--config', file))
  assert.deepEqual([asked.code, asked.place], ['WEIR_INPUT', join(directory.path, 'elsewhere')])
  const given = await failure(
    weir('lineage', 'x:1', '--config', file, '--data-dir', join(directory.path, 'no')),
  )
  assert.equal(given.place, join(directory.path, 'no'))
  const server =
    'clickhouse: { mode: server, url: "http://127.0.0.1:9", analyst: { user: ann, passwordEnv: NOT_SET } }\n'
  writeFileSync(file, server)
  const login = await failure(weir('explain', 'x', '--config', file))
  assert.deepEqual([login.code, login.remedy], ['WEIR_CONFIG', 'set it'])
})

test('a data directory without a run is told, and none is made', async () => {
  const nowhere = join(directory.path, 'nowhere')
  const error = await failure(weir('sql', 'SELECT 1', '--data-dir', nowhere))
  assert.equal(error.code, 'WEIR_INPUT')
  assert.ok(!existsSync(nowhere))
})

test('amounts are shown exactly, with the decimals of their currency', () => {
  assert.equal(formatMinor(-123_450, 'EUR'), '-1,234.50')
  assert.equal(formatMinor(5, 'USD'), '0.05')
  assert.equal(formatMinor(4_503_599_627_370_495, 'EUR'), '45,035,996,273,704.95')
  assert.equal(formatMinor(1_000_000, 'JPY'), '1,000,000')
  assert.equal(formatMinor(1_234_567, 'KWD'), '1,234.567')
})
