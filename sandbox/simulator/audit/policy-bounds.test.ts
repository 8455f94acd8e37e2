/** The audit of policies finds a looser one that decides, in whichever way it came. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Policy } from '../../../schemas/generated/types.js'
import { aboveDraft, changeOf, groupDrafts, type NextPlace } from '../feed/material.js'
import { PolicyBounds } from './policy-bounds.js'

const GROUP = 'group-0'
const above = aboveDraft().fields as unknown as Policy
const firstOf = (isBelow: boolean): Policy =>
  groupDrafts(GROUP, { isBelow }).find(({ stream }) => stream === 'policy')!.fields as never
const nextOf = (place: NextPlace): Policy => changeOf(GROUP, place).policy.fields as unknown as Policy
const digestOf = ({ document }: Policy): string => createHash('sha256').update(document).digest('hex')

/** Takes texts, one a cycle, and lets the last of them decide. */
function deciding(...texts: readonly Policy[]): () => void {
  const bounds = new PolicyBounds()
  for (const [cycle, text] of texts.entries()) bounds.take(GROUP, cycle, text)
  return () => bounds.decides(GROUP, digestOf(texts[texts.length - 1] as Policy))
}

test('a version within what is above it decides, one beyond it does not, nor one that has left it', () => {
  const first = firstOf(true)
  for (const allowed of [
    deciding(above, first),
    deciding(above, first, nextOf('below')),
    deciding(firstOf(false), nextOf('outside')),
    deciding(firstOf(false), nextOf('leaving')),
  ])
    assert.doesNotThrow(allowed)
  for (const place of ['looser', 'leaving'] as const)
    assert.throws(deciding(above, first, nextOf(place)), /looser than the one above it/)
  assert.throws(deciding(first, nextOf('below')), /or not proven/)
})

test('a first version is held against what had come before it alone', () => {
  assert.throws(deciding(above, nextOf('looser')), /looser/)
  const bounds = new PolicyBounds()
  bounds.take(GROUP, 1, nextOf('looser'))
  bounds.take(GROUP, 2, above)
  assert.doesNotThrow(() => bounds.decides(GROUP, digestOf(nextOf('looser'))))
  assert.throws(() => bounds.decides(GROUP, digestOf(firstOf(false))), /that nobody sent/)
})
