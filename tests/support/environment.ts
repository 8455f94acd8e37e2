/** What tests give an agent from outside: the compiled optimizer and a clock that stands still. */
import type { AgentEnvironment } from '../../pipeline/ports.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'

let compiled: Promise<AgentEnvironment> | undefined

export function testEnvironment(): Promise<AgentEnvironment> {
  compiled ??= compileOptimizer().then(({ module, digest }) => ({
    optimizer: module,
    optimizerDigest: digest,
    nowMicros: () => 0,
  }))
  return compiled
}
