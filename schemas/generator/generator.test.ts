import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/** A copy of the contracts and their generator, in which `change` was made; removed by the caller. */
function copyContracts(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-schemas-'))
  cpSync(join(repository, 'schemas'), join(folder, 'schemas'), {
    recursive: true,
    filter: (source) => !/generated|fixtures|baseline/.test(source.slice(repository.length)),
  })
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function generate(folder: string): string {
  const script = join(folder, 'schemas/generator/generate.mjs')
  return execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

describe('generator', () => {
  it('finds the committed reference page and the generated code up to date', () => {
    const folder = copyContracts()
    try {
      generate(folder)
      const files = ['docs/streams-reference.md', 'schemas/generated/types.ts', 'schemas/generated/codecs.ts']
      for (const file of [...files, 'schemas/generated/schemas.ts']) {
        const stale = `${file} is stale: run node schemas/generator/generate.mjs and commit the page`
        assert.ok(
          readFileSync(join(repository, file), 'utf8') === readFileSync(join(folder, file), 'utf8'),
          stale,
        )
      }
      assert.match(generate(folder), /up to date/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('refuses contracts that contradict each other, with the file', () => {
    const folder = copyContracts()
    try {
      const file = join(folder, 'schemas/lease.avsc')
      const lease = readFileSync(file, 'utf8')
      writeFileSync(file, lease.replace('"size": 16', '"size": 20'))
      assert.throws(() => generate(folder), /lease\.avsc: weir\.Uuid is defined differently/)
      writeFileSync(file, lease.replace('"type": "long"', '"type": "weir.Missing"'))
      assert.throws(() => generate(folder), /lease\.epoch: no schema file defines weir\.Missing/)
      writeFileSync(file, lease.slice(1))
      assert.throws(() => generate(folder), /lease\.avsc: not JSON/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
