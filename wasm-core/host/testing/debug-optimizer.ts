/**
 * The debug build of the optimizer: the same answers, and a trap where an invariant of assembly/invariants.ts is broken.
 * Depends on the file that wasm-core/build.mjs puts beside the host's folder in `dist`.
 */
import { readFile } from 'node:fs/promises'

/** The stack of a `RuntimeError: unreachable` out of it names the function whose assertion failed. */
export async function compileDebugOptimizer(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL('../../optimizer.debug.wasm', import.meta.url)))
}
