/**
 * `npm run build`: schemas, optimizer, TypeScript, each only when its inputs changed.
 *
 * Digests of the inputs are kept in `dist/.build.json`; removing `dist/` rebuilds everything. Code finds what it
 * reads at run time (SQL, schemas, example policies) from the package root, so nothing is copied.
 * Depends on the packages of the lockfile.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asScript, digestOf, filesBelow, isMain, repository, run, StepFailure, say } from './steps.mjs'

const recordFile = join(repository, 'dist', '.build.json')
const STEP_BOUND_MS = 5 * 60_000

/** Folders of TypeScript, as in `tsconfig.json`. */
export const typescriptFolders = [
  'schemas',
  'wasm-core/host',
  'pipeline',
  'sinks',
  'sandbox',
  'cli',
  'benchmarks',
  'tests',
]

const steps = [
  {
    name: 'schemas',
    inputs: () => [...filesBelow('schemas', /\.avsc$/), ...filesBelow('schemas/generator', /\.mjs$/)],
    outputs: ['schemas/generated/types.ts'],
    command: ['schemas/generator/generate.mjs'],
    done: 'types, codecs and reference page generated from the contracts',
  },
  {
    name: 'optimizer',
    inputs: () => ['wasm-core/build.mjs', ...filesBelow('wasm-core/assembly', /\.(ts|json)$/)],
    outputs: ['dist/wasm-core/optimizer.wasm', 'dist/wasm-core/optimizer.debug.wasm'],
    command: ['wasm-core/build.mjs'],
    done: 'compiled to WebAssembly',
  },
  {
    name: 'types',
    inputs: () => [
      'tsconfig.json',
      ...typescriptFolders.flatMap((folder) => filesBelow(folder, /\.(ts|json)$/)),
      // Scripts with types in their comments, which tests use too.
      ...filesBelow('deploy', /\.mjs$/),
    ],
    outputs: ['dist/.tsbuildinfo'],
    command: ['node_modules/typescript/bin/tsc', '-p', '.'],
    done: 'TypeScript checked and compiled',
  },
]

/** @returns {Promise<void>}; throws a `StepFailure` with the tool's own report */
export async function build() {
  const record = readRecord()
  for (const step of steps) {
    // Tools come from the lockfile: another compiler is another input.
    const digest = digestOf(['package-lock.json', ...step.inputs()], `${process.versions.modules}`)
    const current =
      record[step.name] === digest && step.outputs.every((path) => existsSync(join(repository, path)))
    if (current) continue
    const started = performance.now()
    const result = await run(process.execPath, step.command, { timeoutMs: STEP_BOUND_MS })
    if (!result.ok) throw new StepFailure(`build of ${step.name} failed\n${result.output.trimEnd()}`)
    say('build', `${step.name}: ${step.done}`, started)
    record[step.name] = digest
    writeRecord(record)
  }
}

/** @returns {Record<string, string>} */
function readRecord() {
  try {
    return JSON.parse(readFileSync(recordFile, 'utf8'))
  } catch {
    return {}
  }
}

/** @param {Record<string, string>} record */
function writeRecord(record) {
  mkdirSync(join(repository, 'dist'), { recursive: true })
  writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`)
}

if (isMain(import.meta.url)) {
  await asScript(async () => {
    await build()
    say('build', 'up to date')
  })
}
