/**
 * `node schemas/generator/freeze.mjs`: keeps today's schemas as those of the version in `package.json`.
 *
 * Run once a release. A test then refuses every later change that data of that release could not be read with.
 * Before the release it may be run again; after it never for the same version. Depends on `load.mjs`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadContracts } from './load.mjs'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
const folder = join(repository, 'schemas/baseline', version)

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const { streams } = loadContracts(join(repository, 'schemas'))
for (const { name, schema } of streams) {
  writeFileSync(join(folder, `${name}.avsc`), `${JSON.stringify(withoutDocs(schema))}\n`)
}
console.log(`schemas: ${streams.length} streams frozen in schemas/baseline/${version}`)

/** Words may change freely; what decides whether data can be read stays. @param {any} schema @returns {any} */
function withoutDocs(schema) {
  if (Array.isArray(schema)) return schema.map(withoutDocs)
  if (schema === null || typeof schema !== 'object') return schema
  const kept = Object.entries(schema).filter(([key, value]) => !(key === 'doc' && typeof value === 'string'))
  return Object.fromEntries(kept.map(([key, value]) => [key, key === 'default' ? value : withoutDocs(value)]))
}
