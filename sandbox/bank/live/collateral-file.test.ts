import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collateralTerms } from './collateral-file.js'

const good = {
  facilities: [{ group: 'g', facility: 'K', outstandingMinor: 5 }],
  assets: [{ group: 'g', facility: 'K', asset: 'J', coverMinor: 900, pledgedParts: 10 }],
}

test('the file gives facilities, what is pledged at first, and covers', () => {
  const terms = collateralTerms(JSON.stringify(good), 'f')
  assert.deepEqual(terms.facilities, [{ groupId: 'g', facilityId: 'K', outstandingMinor: 5 }])
  assert.deepEqual(terms.pledges, [{ groupId: 'g', facilityId: 'K', assetId: 'J', pledgedParts: 10 }])
  assert.deepEqual([terms.coverMinor('g', 'K', 'J', 0), terms.coverMinor('g', 'K', 'X', 0)], [900, undefined])
})

test('what is no such file is refused with its place', () => {
  const refused = (value: unknown) => () =>
    collateralTerms(typeof value === 'string' ? value : JSON.stringify(value), 'f.json')
  const [asset] = good.assets
  for (const [value, message] of [
    ['{', /f\.json: it is no JSON/],
    [{}, /f\.json: it must have/],
    [{ ...good, more: 1 }, /must NOT have additional/],
    [
      { ...good, assets: [{ ...asset, pledgedParts: 1_000_001 }] },
      /\/assets\/0\/pledgedParts must be <= 1000000/,
    ],
    [{ ...good, assets: [{ ...asset, coverMinor: 1.5 }] }, /coverMinor must be integer/],
    [{ ...good, assets: [asset, asset] }, /g, K, J is there twice/],
  ] as const)
    assert.throws(refused(value), (error: Error & { toLine?: () => string }) =>
      message.test(error.toLine?.() ?? ''),
    )
})
