/**
 * What the documentation says exists: files and headings behind links, npm scripts, the commands of `weir`.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { test } from 'node:test'
import { createProgram } from '../../cli/program.js'
import { files, read, root } from './repository.js'

const program = await createProgram()

const documents = files('.md')

interface Link {
  readonly from: string
  readonly target: string
}

function linksOf(path: string): Link[] {
  const prose = read(path).replace(/```[\s\S]*?```/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => ({ from: path, target }))
}

/** The anchor that a heading gets where Markdown is rendered. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

test('every link between documents leads to a file, and to a heading of it', () => {
  const broken = documents.flatMap(linksOf).filter(({ from, target }) => {
    const [file = '', fragment] = target.split('#')
    const path = file === '' ? from : posix.normalize(posix.join(dirname(from), file))
    if (!existsSync(join(root, path))) return true
    if (fragment === undefined || !path.endsWith('.md')) return false
    return ![...read(path).matchAll(/^#+\s+(.*)$/gm)].some((match) => anchor(match[1] ?? '') === fragment)
  })
  assert.deepEqual(
    broken.map(({ from, target }) => `${from}: ${target}`),
    [],
  )
})

test('the index of decisions lists every record', () => {
  const index = read('docs/adr/README.md')
  const records = documents.filter((path) => /^docs\/adr\/\d{4}-.*\.md$/.test(path))
  assert.ok(records.length > 10)
  assert.deepEqual(
    records.filter((path) => !index.includes(`](${path.slice('docs/adr/'.length)})`)),
    [],
  )
})

test('every npm script that a document names exists', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts)
  const named = documents.flatMap((path) =>
    [...read(path).matchAll(/\bnpm (?:run ([a-z:]+)|(start|test)\b)/g)].map((match) => ({
      path,
      script: match[1] ?? match[2] ?? '',
    })),
  )
  assert.ok(named.some(({ path, script }) => path === 'README.md' && script === 'start'))
  assert.deepEqual(
    named
      .filter(({ script }) => !scripts.includes(script))
      .map(({ path, script }) => `${path}: npm run ${script}`),
    [],
  )
})

test('every weir command that a document shows exists, with its options', () => {
  const shown = documents.flatMap((path) =>
    [...read(path).matchAll(/^(?:\$ )?(?:npx )?weir ([a-z].*)$/gm)].map((match) => ({
      path,
      line: match[1] ?? '',
    })),
  )
  assert.ok(shown.length > 5, 'documents show hardly any command')
  assert.deepEqual(
    shown.flatMap(({ path, line }) => unknownIn(line).map((what) => `${path}: weir ${line}: ${what}`)),
    [],
  )
})

/** What in a shown command line the program does not know. */
function unknownIn(line: string): string[] {
  let command = program
  const known = new Set(command.options.flatMap(({ long }) => (long ? [long] : [])))
  const words = line.replace(/\s+#.*$/, '').split(/\s+/)
  while (words.length > 0) {
    const next = command.commands.find((candidate) => candidate.name() === words[0])
    if (next === undefined) break
    words.shift()
    command = next
    for (const { long } of command.options) if (long) known.add(long)
  }
  if (command.parent === null) return [`no command ${words[0]}`]
  const flags = words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.split('=')[0] ?? '')
  return flags.filter((flag) => !known.has(flag) && flag !== '--help').map((flag) => `no option ${flag}`)
}
