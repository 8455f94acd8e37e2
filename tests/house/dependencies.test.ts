/**
 * The dependency rule: the agent is pure, and its stages know only what lies before them on the path of an input.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { files, type Import, importsOf, isTest } from './repository.js'

/** A stage and what it may import of the repository besides itself and the shared base. */
const stages: Readonly<Record<string, readonly string[]>> = {
  'pipeline/governance/': [],
  'pipeline/perception/': ['pipeline/governance/'],
  'pipeline/deliberation/': ['pipeline/governance/', 'pipeline/perception/', 'wasm-core/host/'],
  'pipeline/action/': ['pipeline/governance/', 'pipeline/perception/', 'pipeline/deliberation/'],
  'pipeline/': [
    'pipeline/governance/',
    'pipeline/perception/',
    'pipeline/deliberation/',
    'pipeline/action/',
    'wasm-core/host/',
  ],
}

/** Contracts, and the files directly in `pipeline/` that every stage stands on. */
const base = [
  'schemas/',
  'pipeline/errors.ts',
  'pipeline/identity.ts',
  'pipeline/money.ts',
  'pipeline/ports.ts',
]

/** Pure packages and modules, by the stage that may use them. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'pipeline/governance/': ['node:crypto', 'yaml', 'ajv', 'ajv/dist/2020.js', '@marcbachmann/cel-js'],
  'pipeline/perception/': ['node:crypto', 'avsc'],
  'pipeline/deliberation/': ['node:crypto'],
  'pipeline/action/': ['node:crypto'],
  'pipeline/': ['node:crypto'],
}

/** The pure stage a file belongs to: a folder of it, or `pipeline/` for the files directly in there. */
function stageOf(path: string): string | undefined {
  const folder = Object.keys(stages).find((prefix) => prefix !== 'pipeline/' && path.startsWith(prefix))
  if (folder !== undefined) return folder
  return /^pipeline\/[^/]+$/.test(path) ? 'pipeline/' : undefined
}

function allowed(stage: string, imported: Import): boolean {
  const { path } = imported
  if (path === undefined) return packages[stage]?.includes(imported.specifier) ?? false
  if (base.some((prefix) => path.startsWith(prefix))) return true
  // The pipeline's own top level composes the stages; no stage looks back up at it.
  if (stage === 'pipeline/' && stageOf(path) === 'pipeline/') return true
  if (stage !== 'pipeline/' && path.startsWith(stage)) return true
  return (stages[stage] ?? []).some((prefix) => path.startsWith(prefix))
}

const pureFiles = files('.ts').filter((path) => stageOf(path) !== undefined && !isTest(path))

test('the pure stages import only contracts, the base, stages before them and pure packages', () => {
  assert.ok(pureFiles.length > 20, `only ${pureFiles.length} pure files found`)
  const broken = pureFiles.flatMap((path) => {
    const stage = stageOf(path) ?? ''
    return importsOf(path)
      .filter((imported) => !allowed(stage, imported))
      .map((imported) => `${path}:${imported.line}: ${imported.specifier}`)
  })
  assert.deepEqual(broken, [])
})

test('the contracts and the optimizer know nothing of the pipeline', () => {
  const below = files('.ts').filter(
    (path) => (path.startsWith('schemas/') || path.startsWith('wasm-core/')) && !isTest(path),
  )
  const broken = below.flatMap((path) =>
    importsOf(path)
      .filter(({ path: target }) => target !== undefined && !/^(schemas|wasm-core)\//.test(target))
      .filter(({ path: target }) => target !== 'pipeline/errors.ts' && target !== 'pipeline/ports.ts')
      .map(({ line, specifier }) => `${path}:${line}: ${specifier}`),
  )
  assert.deepEqual(broken, [])
})

test('no product code imports a test, a benchmark or the command line', () => {
  const product = files('.ts').filter((path) => !isTest(path) && !/^(cli|benchmarks)\//.test(path))
  const broken = product.flatMap((path) =>
    importsOf(path)
      .filter(
        ({ path: target }) => target !== undefined && /^(cli|benchmarks|tests)\/|\.test\.ts$/.test(target),
      )
      .map(({ line, specifier }) => `${path}:${line}: ${specifier}`),
  )
  assert.deepEqual(broken, [])
})

test('the Kafka client is loaded by the runtime only, and by no worker', () => {
  const users = files('.ts')
    .filter((path) => !isTest(path))
    .filter((path) => importsOf(path).some(({ specifier }) => specifier.startsWith('@confluentinc/')))
  assert.deepEqual(
    users.filter((path) => !path.startsWith('pipeline/runtime/') || path.includes('/workers/')),
    [],
  )
})

test('the imports among our own files form no cycle at run time', () => {
  const graph = new Map<string, string[]>()
  for (const path of files('.ts')) {
    if (path.startsWith('wasm-core/assembly/')) continue
    graph.set(
      path,
      importsOf(path).flatMap(({ path: target, typeOnly }) =>
        target === undefined || typeOnly ? [] : [target],
      ),
    )
  }
  assert.deepEqual(cyclesIn(graph), [])
})

function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const trail: string[] = []
  const cycles: string[] = []
  const visit = (path: string): void => {
    if (done.has(path)) return
    const seenAt = trail.indexOf(path)
    if (seenAt >= 0) {
      cycles.push([...trail.slice(seenAt), path].join(' -> '))
      return
    }
    trail.push(path)
    for (const target of graph.get(path) ?? []) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of graph.keys()) visit(path)
  return cycles
}
