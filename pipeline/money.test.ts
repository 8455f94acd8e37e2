/** Money arithmetic against BigInt, and its refusals. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WeirError } from './errors.js'
import { addMinor, assertMinor, formatMinor, isMinor, subtractMinor, toMinor } from './money.js'

const LIMIT = 2n ** 52n
const options = { seed: 20260318, numRuns: 2000 }
const anyAmount = fc.oneof(
  fc.bigInt({ min: -LIMIT + 1n, max: LIMIT - 1n }),
  fc.bigInt({ min: LIMIT - 1000n, max: LIMIT - 1n }),
  fc.bigInt({ min: -1000n, max: 1000n }),
)

function refuses(action: () => unknown): void {
  assert.throws(action, (error: unknown) => error instanceof WeirError && error.code === 'WEIR_AMOUNT')
}

test('sums and differences agree with BigInt or are refused exactly when they leave the range', () => {
  fc.assert(
    fc.property(anyAmount, anyAmount, (a, b) => {
      for (const [exact, compute] of [
        [a + b, addMinor],
        [a - b, subtractMinor],
      ] as const) {
        if (exact < LIMIT && exact > -LIMIT) assert.equal(BigInt(compute(Number(a), Number(b))), exact)
        else refuses(() => compute(Number(a), Number(b)))
      }
    }),
    options,
  )
})

test('decimal text becomes minor units exactly, for every exponent', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
      fc.nat({ max: 8 }),
      fc.nat({ max: 3 }),
      (minor, exponent, trailingZeros) => {
        const magnitude = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0')
        const whole = magnitude.slice(0, magnitude.length - exponent)
        const fraction = magnitude.slice(magnitude.length - exponent) + '0'.repeat(trailingZeros)
        const text = `${minor < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
        if (minor < LIMIT && minor > -LIMIT) assert.equal(BigInt(toMinor(text, exponent)), minor)
        else refuses(() => toMinor(text, exponent))
      },
    ),
    options,
  )
})

test('formatting is the inverse of reading', () => {
  fc.assert(
    fc.property(anyAmount, fc.nat({ max: 8 }), (amount, exponent) => {
      assert.equal(toMinor(formatMinor(Number(amount), exponent), exponent), Number(amount))
    }),
    options,
  )
  assert.equal(formatMinor(-5, 2), '-0.05')
  assert.equal(formatMinor(1250, 0), '1250')
})

test('what is no amount is refused', () => {
  for (const text of ['', ' 1', '1 ', '1.', '.5', '1e6', '0x10', '+1', '1,000', 'NaN', '١']) {
    refuses(() => toMinor(text, 2))
  }
  refuses(() => toMinor('0.005', 2))
  refuses(() => toMinor('1', 9))
  refuses(() => toMinor('1', 1.5))
  refuses(() => toMinor('9'.repeat(1_000_000), 2))
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 0.5, 2 ** 52, -(2 ** 52)]) {
    assert.equal(isMinor(value), false)
    refuses(() => assertMinor(value, 'test'))
  }
  assert.ok(Object.is(toMinor('-0', 2), 0), 'minus zero would change digests')
})
