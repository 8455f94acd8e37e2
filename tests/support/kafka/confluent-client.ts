/**
 * Runs `confluent_client.py`, a client that shares no code with Weir, where Python has it.
 * Depends on Node alone.
 */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../house/repository.js'

export interface ForeignMessage {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly record?: Record<string, unknown>
}

const python = process.env.WEIR_PYTHON ?? 'python3'
const BOUND_MS = 60_000

/** Options of a test that needs it: skipped with the reason where it is missing. */
export function needsConfluentClient(): { skip: string | false } {
  const has = spawnSync(python, ['-c', 'import confluent_kafka.schema_registry.avro']).status === 0
  return { skip: has ? false : `NOT TESTED: ${python} has no confluent-kafka[avro] (set WEIR_PYTHON)` }
}

/** Not synchronous: the registry that it asks may be served by the test's own process. */
export function confluentClient(args: readonly string[], input = ''): Promise<ForeignMessage[]> {
  const script = join(root, 'tests/support/kafka/confluent_client.py')
  return new Promise((resolve, reject) => {
    const child = spawn(python, [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'], timeout: BOUND_MS })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(stdout) as ForeignMessage[])
      else reject(new Error(`confluent_client.py ended with ${code}: ${stderr}`))
    })
    child.stdin.end(input)
  })
}
