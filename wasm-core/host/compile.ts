/**
 * Loads and compiles the optimizer's module, once for each process or thread that wants instances of it.
 * Depends on the file that wasm-core/build.mjs puts beside this folder in `dist`.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { WeirError } from '../../pipeline/errors.js'

export interface CompiledOptimizer {
  readonly module: WebAssembly.Module
  /** SHA-256 of the module's bytes: part of every decision, since answers are promised bit for bit only for one module. */
  readonly digest: Uint8Array
}

/** The bytes of the module. Throws `WEIR_MISSING_PART` when it has not been built. */
export async function readOptimizer(): Promise<Uint8Array<ArrayBuffer>> {
  const file = new URL('../optimizer.wasm', import.meta.url)
  try {
    return Uint8Array.from(await readFile(file))
  } catch (cause) {
    throw new WeirError('WEIR_MISSING_PART', 'the optimizer is not built', {
      place: 'wasm-core/optimizer.wasm',
      remedy: 'run: npm run build',
      cause,
    })
  }
}

/** Throws as `readOptimizer` does. */
export async function compileOptimizer(): Promise<CompiledOptimizer> {
  const bytes = await readOptimizer()
  const digest = new Uint8Array(createHash('sha256').update(bytes).digest())
  return { module: await WebAssembly.compile(bytes), digest }
}
