import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { uniqueName } from './support/kafka/cluster.js'

const BOUND_MS = 30_000
const availability = new URL('./support/kafka/availability.js', import.meta.url).href
const cluster = new URL('./support/kafka/cluster.js', import.meta.url).href

/** What a machine without Java would say: a process that finds no program. */
function withoutJava(ci: string): Promise<{ skip: string | false; failure: string }> {
  const code = `const { needsKafka } = await import(${JSON.stringify(availability)})
    const { startKafka } = await import(${JSON.stringify(cluster)})
    const failure = await startKafka().then(() => '', (error) => error.code + ': ' + error.message)
    process.stdout.write(JSON.stringify({ ...(await needsKafka()), failure }))`
  const env = { CI: ci, PATH: '' }
  return new Promise((done, fail) => {
    const args = ['--input-type=module', '-e', code]
    execFile(process.execPath, args, { env, timeout: BOUND_MS }, (error, stdout) =>
      error === null ? done(JSON.parse(stdout)) : fail(error),
    )
  })
}

test('without Java a test is skipped with the remedy, and a start says what is missing', async () => {
  const { skip, failure } = await withoutJava('')
  assert.match(`${skip}`, /no Java found.*apt-get install openjdk-17-jre-headless maven/)
  assert.match(failure, /^WEIR_MISSING_PART: no Java found/)
})

test('with CI=true missing Java is no reason to skip: the start fails', async () => {
  const { skip, failure } = await withoutJava('true')
  assert.ok(skip === false || /client is not built/.test(skip), `${skip}`)
  assert.match(failure, /apt-get install openjdk-17-jre-headless maven/)
})

test('names are told apart, and one user of a secure cluster may use them', () => {
  const names = new Set(Array.from({ length: 1000 }, () => uniqueName('x')))
  assert.equal(names.size, 1000)
  for (const name of names) assert.match(name, /^weir\.test\.x\.[0-9a-f]{12}$/)
})
