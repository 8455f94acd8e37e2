/** Renewing a page: measured sections are replaced, others stay as they are. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeSections } from './results-page.js'

const folder = mkdtempSync(join(tmpdir(), 'weir-page-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a run of some scenarios leaves the sections of the others, in the order of the scenarios', () => {
  const page = join(folder, 'page.md')
  const marks = ['<!-- results: begin -->', '<!-- results: end -->']
  writeFileSync(page, `Before.\n${marks[0]}\n\n### b\n\nold b\n\n### c\n\nold c\n\n${marks[1]}\nAfter.\n`)
  const measured = [
    { name: 'c', text: 'new c' },
    { name: 'a', text: 'new a' },
  ]
  writeSections(page, measured, ['a', 'b', 'c'])
  const expected = `Before.\n${marks[0]}\n\n### a\n\nnew a\n\n### b\n\nold b\n\n### c\n\nnew c\n\n${marks[1]}\nAfter.\n`
  assert.equal(readFileSync(page, 'utf8'), expected)
})

test('a page without the marks is refused', () => {
  const page = join(folder, 'plain.md')
  writeFileSync(page, 'Nothing here.\n')
  assert.throws(() => writeSections(page, [], ['a']), { code: 'WEIR_INPUT' })
})
