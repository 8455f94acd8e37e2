/** Exact numbers against each other and against doubles: every way back is another way than the way there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { add, bitLength, compare, fromDouble, multiply, ONE, shifted, signOf, subtract } from './dyadic.js'
import { doublesOfHex, hexOfDoubles } from './hex-doubles.js'
import {
  compareRationals,
  difference,
  fromDyadic,
  rational,
  sum,
  toDecimal,
  toDoubleUp,
  toFraction,
} from './rational.js'
import { denominatorOf, nearestZero } from './reconstruction.js'
import { inverseModulo, PRIMES, residue } from './residue.js'

const doubles = fc.double({ noNaN: true, noDefaultInfinity: true })
const sizes = doubles.map(Math.abs)
const whole = fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n })
const positive = fc.bigInt({ min: 1n, max: 2n ** 200n })
const nextDown = (value: number): number => {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setFloat64(0, value)
  bytes.setBigUint64(0, bytes.getBigUint64(0) - 1n)
  return bytes.getFloat64(0)
}

test('a double is its mantissa times a power of two, and the mantissa is odd', () => {
  for (const value of [0, -0, 1, -1, 0.1, 2 ** -1074, -(2 ** -1022), Number.MAX_VALUE, 3 * 2 ** 40])
    check(value)
  fc.assert(fc.property(doubles, check))
  function check(value: number) {
    const { mantissa, exponent } = fromDouble(value)
    // Powers in two steps: neither 2^-1074 times a mantissa nor 2^1023 alone leaves the range of doubles.
    const half = Math.trunc(exponent / 2)
    assert.equal(Number(mantissa) * 2 ** half * 2 ** (exponent - half), value === 0 ? 0 : value)
    assert.ok(value === 0 || (mantissa & 1n) === 1n)
  }
  assert.throws(() => fromDouble(Number.NaN), { code: 'WEIR_BUG' })
})

test('sums, products and order are those of fractions', () => {
  fc.assert(
    fc.property(doubles, doubles, (a, b) => {
      const [x, y] = [fromDouble(a), fromDouble(b)]
      const [r, s] = [fromDyadic(x), fromDyadic(y)]
      assert.deepEqual(fromDyadic(add(x, y)), sum(r, s))
      assert.deepEqual(fromDyadic(subtract(x, y)), difference(r, s))
      const { numerator: n, denominator: d } = r
      assert.deepEqual(fromDyadic(multiply(x, y)), rational(n * s.numerator, d * s.denominator))
      assert.equal(
        Math.sign(compare(x, y)),
        Math.sign(a - b) || (a === b ? 0 : Number(a > b) - Number(a < b)),
      )
      assert.equal(Math.sign(compareRationals(r, s)), Math.sign(compare(x, y)))
      assert.equal(signOf(x), Math.sign(a) + 0)
    }),
  )
  assert.equal(shifted(ONE, -3), 8n)
})

test('a fraction rounded up is the least double that is not below it', () => {
  const check = (value: ReturnType<typeof rational>) => {
    const up = toDoubleUp(value)
    if (up !== Infinity) assert.ok(compareRationals(fromDyadic(fromDouble(up)), value) >= 0)
    const below = up === Infinity ? Number.MAX_VALUE : nextDown(up)
    if (up !== 0) assert.ok(compareRationals(fromDyadic(fromDouble(below)), value) < 0)
  }
  fc.assert(fc.property(positive, positive, (n, d) => check(rational(n, d))))
  fc.assert(fc.property(positive, fc.nat(2400), (n, places) => check(rational(n, 1n << BigInt(places)))))
  fc.assert(fc.property(positive, fc.nat(1100), (n, places) => check(rational(n << BigInt(places), 7n))))
  fc.assert(fc.property(sizes, (value) => assert.equal(toDoubleUp(fromDyadic(fromDouble(value))), value)))
})

test('decimals are within half a unit of their last place, with as many digits as asked for', () => {
  assert.equal(toDecimal(rational(-1n, 8n), 20), '-0.125')
  assert.equal(toDecimal(rational(2n, 3n), 5), '0.66667')
  assert.equal(toDecimal(rational(1n, 30_000n), 3), '0.0000333')
  assert.equal(toDecimal(rational(123_456_789n, 10n), 3), '12345679')
  assert.equal(toDecimal(rational(999_999n, 1_000_000n), 3), '1')
  fc.assert(
    fc.property(whole, positive, (n, d) => {
      const text = toDecimal(rational(n, d), 20)
      const [head, tail = ''] = text.split('.')
      const read = rational(BigInt(head + tail), 10n ** BigInt(tail.length))
      const { numerator, denominator } = difference(read, rational(n, d))
      const size = numerator < 0n ? -numerator : numerator
      // At most 20 digits behind the leading one are kept, and trailing zeros are not written.
      const digits = (head + tail).replace(/^-?0*/, '').length
      const unit = digits >= 20 ? tail.length : tail.length + 20 - digits
      assert.ok(
        n === 0n || 2n * size * 10n ** BigInt(Math.min(unit, tail.length + 19)) <= denominator * 10n ** 19n,
      )
      if (digits >= 20) assert.ok(2n * size * 10n ** BigInt(tail.length) <= denominator)
    }),
  )
})

test('bit lengths, fractions as text, and doubles as hexadecimal digits', () => {
  fc.assert(
    fc.property(whole, (n) =>
      assert.equal(bitLength(n), n === 0n ? 0 : (n < 0n ? -n : n).toString(2).length),
    ),
  )
  assert.deepEqual([toFraction(rational(6n, -4n)), toFraction(rational(8n, 4n))], ['-3/2', '2'])
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true })), (values) => {
      const back = doublesOfHex(hexOfDoubles(values))
      assert.ok(back !== undefined && values.every((value, k) => Object.is(value, back[k])))
    }),
  )
  assert.equal(hexOfDoubles([1.5, -0]), '3ff80000000000008000000000000000')
  for (const text of ['3ff', '3FF8000000000000', '7ff8000000000000', 'fff0000000000001', 'zz'])
    assert.equal(doublesOfHex(text), undefined, text)
})

test('residues are those of integers, and inverses invert', () => {
  const [p] = PRIMES
  const most = 2 ** 53 - 2 ** 27
  for (const prime of PRIMES) {
    for (let d = 2; d * d <= prime; d++) assert.notEqual(prime % d, 0)
    assert.ok(prime < 2 ** 26)
  }
  const check = (t: number) => {
    const expected = Number(((BigInt(t) % BigInt(p)) + BigInt(p)) % BigInt(p))
    assert.equal(residue(t, p, 1 / p), expected)
  }
  for (const t of [most, -most, p, -p, p - 1, 1 - p, 0, p * p, -p * p, (p - 1) * p]) check(t)
  fc.assert(fc.property(fc.integer({ min: -most, max: most }), check))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: p - 1 }), (a) => {
      assert.equal((BigInt(a) * BigInt(inverseModulo(a, p))) % BigInt(p), 1n)
    }),
  )
})

test('a fraction is found again from its residue', () => {
  const modulus = BigInt(PRIMES[1]) ** 20n
  const small = fc.bigInt({ min: 1n, max: 2n ** 200n })
  fc.assert(
    fc.property(small, small, fc.boolean(), (n, d, isNegative) => {
      const { numerator, denominator } = rational(isNegative ? -n : n, d)
      fc.pre(denominator % BigInt(PRIMES[1]) !== 0n)
      const a = (((numerator * inverseOf(denominator, modulus)) % modulus) + modulus) % modulus
      assert.equal(denominatorOf(a, modulus, 1n << 258n), denominator)
      assert.equal(nearestZero(a * denominator, modulus), numerator)
    }),
  )
  function inverseOf(a: bigint, m: bigint): bigint {
    let [r0, r1, s0, s1] = [m, a % m, 0n, 1n]
    while (r1 !== 0n) {
      const q = r0 / r1
      ;[r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1]
    }
    return s0
  }
})
