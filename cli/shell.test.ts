/** Words of a command that a shell takes for what they are, whatever they hold. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { shellWord } from './shell.js'

const SEED = 11

test('a shell gives back any word as it was', () => {
  const words = fc.sample(fc.string({ minLength: 1 }), { numRuns: 300, seed: SEED })
  const hostile = [
    "a'b",
    '$(touch x)',
    '`id`',
    'a;b',
    '*',
    'a\\b',
    '"',
    '&& c',
    '~',
    '-n',
    'europe',
    'account:ACC-1',
  ]
  const all = [...words.filter((word) => !word.includes('\0')), ...hostile]
  const script = all.map((word) => `printf '%s\\0' ${shellWord(word)}`).join('\n')
  const given = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)
  assert.deepEqual(given, all)
})
