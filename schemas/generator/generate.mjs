/**
 * `node schemas/generator/generate.mjs`: makes everything that follows from the contracts in `schemas/*.avsc`.
 *
 * Into `schemas/generated/` (not committed): `types.ts`, `schemas.ts`, `codecs.ts`; and the committed page
 * `docs/streams-reference.md`. A file is
 * written only when it changed, so that the TypeScript compiler can reuse its last run.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderCodecs } from './codecs.mjs'
import { loadContracts } from './load.mjs'
import { renderReference } from './reference.mjs'
import { renderStreams } from './streams.mjs'
import { renderTypes } from './types.mjs'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Every generated file with its contents, by path below the repository. @returns {Map<string, string>} */
export function renderAll() {
  const contracts = loadContracts(join(repository, 'schemas'))
  return new Map([
    ['schemas/generated/types.ts', renderTypes(contracts)],
    ['schemas/generated/schemas.ts', renderStreams(contracts)],
    ['schemas/generated/codecs.ts', renderCodecs(contracts)],
    ['docs/streams-reference.md', renderReference(contracts)],
  ])
}

function main() {
  let written = 0
  for (const [path, text] of renderAll()) {
    const file = join(repository, path)
    if (read(file) === text) continue
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    written += 1
  }
  console.log(`schemas: ${written === 0 ? 'generated files are up to date' : `${written} files generated`}`)
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
