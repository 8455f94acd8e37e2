/**
 * Builds the native peers from `benchmarks/native` with g++ on the spot, where their libraries are installed.
 *
 * Peers are no part of the repository: what is missing is named, with what to install, and its column says so.
 * Depends on Node alone.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

// dist/benchmarks/optimizer -> root of the repository
const root = fileURLToPath(new URL('../../../', import.meta.url))
const sources = join(root, 'benchmarks', 'native')
const outputs = join(root, 'dist', 'benchmarks', 'native')
const COMPILE_BOUND_MS = 120_000

export interface NativePeer {
  readonly name: string
  readonly source: string
  readonly flags: readonly string[]
  /** Debian's name of it; elsewhere the same library under another one. */
  readonly packageName: string
}

export const NATIVE_PEERS: readonly NativePeer[] = [
  { name: 'GLPK', source: 'glpk.cpp', flags: ['-lglpk'], packageName: 'libglpk-dev' },
  {
    name: 'Clp',
    source: 'clp.cpp',
    flags: ['-I/usr/include/coin', '-lClp', '-lCoinUtils'],
    packageName: 'coinor-libclp-dev',
  },
]

export type NativeBuild = { readonly executable: string } | { readonly notMeasured: string }

/** Compiled once for each state of the sources. */
export async function buildNative({ source, flags, packageName }: NativePeer): Promise<NativeBuild> {
  const digest = createHash('sha256').update(flags.join(' '))
  for (const file of readdirSync(sources).sort()) digest.update(readFileSync(join(sources, file)))
  const name = source.replace(/\.cpp$/, '')
  const executable = join(outputs, `${name}-${digest.digest('hex').slice(0, 16)}`)
  if (existsSync(executable)) return { executable }
  mkdirSync(outputs, { recursive: true })
  // As the optimizer's own build: for any machine of this architecture, since packages of a distribution are no different.
  const args = ['-O2', '-std=c++17', '-o', executable, join(sources, source), ...flags]
  try {
    await run('g++', args, { timeout: COMPILE_BOUND_MS })
    return { executable }
  } catch (error) {
    return { notMeasured: reasonOf(error, packageName) }
  }
}

function reasonOf(error: unknown, packageName: string): string {
  const { code, stderr } = error as { code?: unknown; stderr?: string }
  if (code === 'ENOENT') return `install g++ and ${packageName}`
  const first = stderr?.split('\n').find((line) => /error|cannot find/.test(line)) ?? 'g++ failed'
  return /No such file|cannot find/.test(first) ? `install ${packageName}` : first
}
