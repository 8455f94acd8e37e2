/**
 * Compiles the optimizer to `wasm-core/build/` and puts it where the host looks for it, `dist/wasm-core/`: once for use, and
 * once for tests, with the assertions of `assembly/invariants.ts`. Does nothing when sources, flags and compiler are unchanged.
 *
 * Run as `node wasm-core/build.mjs`, or import `buildOptimizer`. Depends on the compiler only.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import asc from 'assemblyscript/asc'

const here = dirname(fileURLToPath(import.meta.url))
const sources = join(here, 'assembly')
const buildFolder = join(here, 'build')
const placedFolder = join(here, '..', 'dist', 'wasm-core')

// No --enable relaxed-simd, ever: its results differ between processors.
const builds = [
  { name: 'optimizer', flags: ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'] },
  // Not optimized and with names, so that the stack of a trap tells the function of the assertion; abort would be an import.
  { name: 'optimizer.debug', flags: ['--debug', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort='] },
]

function digestOfInputs(flags) {
  const hash = createHash('sha256').update(`asc ${asc.version}\n${flags.join(' ')}\n`)
  for (const name of readdirSync(sources).sort()) {
    if (name.endsWith('.ts')) hash.update(`${name}\n`).update(readFileSync(join(sources, name)))
  }
  return hash.digest('hex')
}

/** @returns {Promise<boolean>} whether it had to compile */
export async function buildOptimizer() {
  let hasCompiled = false
  for (const build of builds) hasCompiled = (await buildOne(build)) || hasCompiled
  return hasCompiled
}

async function buildOne({ name, flags }) {
  const compiled = join(buildFolder, `${name}.wasm`)
  const stamp = join(buildFolder, `${name}.inputs.sha256`)
  const placed = join(placedFolder, `${name}.wasm`)
  const inputs = digestOfInputs(flags)
  const current = existsSync(compiled) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs
  if (!current) {
    mkdirSync(buildFolder, { recursive: true })
    const args = [join(sources, 'index.ts'), '--outFile', compiled, ...flags]
    const { error, stderr } = await asc.main(args)
    if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
    writeFileSync(stamp, inputs)
  }
  mkdirSync(placedFolder, { recursive: true })
  const wasPlaced = existsSync(placed) && readFileSync(placed).equals(readFileSync(compiled))
  if (!wasPlaced) copyFileSync(compiled, placed)
  return !current
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const built = await buildOptimizer()
  process.stdout.write(built ? 'optimizer: compiled\n' : 'optimizer: up to date\n')
}
