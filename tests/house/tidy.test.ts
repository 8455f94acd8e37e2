/**
 * The style of the house as tests: size, headers, and what is banned where. Format and lint are Biome's.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { files, isTest, read, search } from './repository.js'

const LINES_AT_MOST = 400
const TEST_LINES_AT_MOST = 500

const typescript = files('.ts')
const sources = [...typescript, ...files('.mjs')]
const product = typescript.filter((path) => !isTest(path))
const pure = product.filter(
  (path) =>
    /^pipeline\/(perception|deliberation|action|governance)\//.test(path) || /^pipeline\/[^/]+$/.test(path),
)

const keepText = (text: string): string => text

test('no file is longer than one can hold in mind', () => {
  const long = sources
    .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > (isTest(path) ? TEST_LINES_AT_MOST : LINES_AT_MOST))
    .map(({ path, lines }) => `${path}: ${lines} lines`)
  assert.deepEqual(long, [])
})

test('each file begins with a comment on what it is for', () => {
  const bare = sources
    .filter((path) => !path.endsWith('.test.ts'))
    .filter((path) => !/^(#!.*\n)?\/\*\*/.test(read(path)))
  assert.deepEqual(bare, [])
})

test('pure code has no clock, no randomness, no timer and no process', () => {
  assert.ok(pure.length > 20, `only ${pure.length} pure files found`)
  const banned =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bset(Timeout|Interval|Immediate)\b|\bprocess\.|\brandom(UUID|Bytes|Int)\b/
  assert.deepEqual(search(pure, banned), [])
})

test('pure code uses no function that differs between machines', () => {
  // Of Math, only what IEEE 754 and ECMAScript define to the last bit; `**` is Math.pow, exact for powers of two.
  const banned =
    /\bMath\.(pow|exp|expm1|log\w*|sin\w*|cos\w*|tan\w*|a(sin|cos|tan)\w*|cbrt|hypot)\b|(?<!\b2 )\*\*/
  assert.deepEqual(search(pure, banned), [])
})

test('pure code orders strings by code unit, never by locale', () => {
  assert.deepEqual(search(pure, /\blocaleCompare\b|\bIntl\.(Collator|DateTimeFormat)\b|\btoLocale/), [])
})

test('no any, no console, no float parsed from text', () => {
  const banned = /(:|<|\bas)\s*any\b|\bconsole\.|\bparseFloat\b/
  assert.deepEqual(search(typescript, banned), [])
})

test('the compiler is not told to look away', () => {
  const suppressed = search(sources, /@ts-(ignore|nocheck|expect-error)/, keepText)
    // AssemblyScript's decorators on functions are unknown to TypeScript.
    .filter((place) => !/^wasm-core\/assembly\/.*\/\/ @ts-ignore: decorator$/.test(place))
    .filter((place) => !place.startsWith('tests/house/'))
  assert.deepEqual(suppressed, [])
})

test('nothing is left for later in a comment', () => {
  const marker = new RegExp(
    `\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${['HA', 'CK'].join('')})\\b`,
  )
  assert.deepEqual(search(sources, marker, keepText), [])
})

test('no path of one machine and no registry host is in a file', () => {
  const everything = files('.ts', '.mjs', '.md', '.json', '.yaml', '.yml', '.sql', '.avsc')
  const machine = /(^|[\s"'`(=])\/(root|home|Users|work)\/\w/
  const registry = new RegExp(['registry', '(npmjs|yarnpkg)'].join('\\.'))
  assert.deepEqual(search(everything, machine, keepText), [])
  assert.deepEqual(search([...everything, '.npmrc'], registry, keepText), [])
})
