/** The document: same bytes from what was read, every damaged byte found, and nothing but `WEIR_INPUT` for anything else. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { WeirError } from '../../../pipeline/errors.js'
import { compileOptimizer } from '../compile.js'
import { LinearProgram } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import { denseModel, diet } from '../testing/dense-model.js'
import {
  type CertificateDocument,
  type CertifiedAnswer,
  certify,
  checkCertificate,
  readCertificate,
  writeCertificate,
} from './certificate-document.js'
import { claimOf } from './claim.js'

const nowhere = denseModel([[1, 0, Infinity]], [[3, Infinity, 1], [-Infinity, 2, 1]]) // biome-ignore format: a table
const terms = { tolerance: 1e-6, pivots: 5 }
let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

function documentOf(model: SparseModel): CertificateDocument {
  const program = LinearProgram.instantiate(module)
  program.load(model)
  const basis = program.resolve() && program.exportBasis()
  const subject: CertifiedAnswer = program.ray.some((m) => m !== 0)
    ? { kind: 'ray', basis, ray: program.ray.slice() }
    : {
        kind: 'optimum',
        basis,
        answer: { primal: program.primal, dual: program.dual, objective: program.objective },
      }
  return { model, subject, terms, claim: claimOf(certify(model, subject, terms)) }
}

/** The same change with a digest that fits, as a forger would make it. */
function withDigest(text: string): Buffer {
  const body = text.replace(/"digest":"[^"]*",/, '')
  const digest = createHash('sha256').update(body).digest('hex')
  return Buffer.from(text.replace(/"digest":"[^"]*"/, `"digest":"${digest}"`))
}

test('half a surrogate pair, which has no canonical text, is refused as input', () => {
  const text = writeCertificate(documentOf(diet)).toString()
  const changed = text.replace('"objective":"9"', '"objective":"\\ud800"')
  assert.notEqual(changed, text)
  assert.throws(() => readCertificate(Buffer.from(changed)), isInputError)
})

test('what is read is written as the same bytes, and its claim holds', () => {
  for (const model of [diet, nowhere]) {
    const bytes = writeCertificate(documentOf(model))
    const read = readCertificate(bytes)
    assert.deepEqual(writeCertificate(read), bytes)
    assert.equal(checkCertificate(read), undefined)
    assert.deepEqual(read.model.value, model.value)
  }
  assert.equal(documentOf(diet).claim.objective, '9')
  assert.deepEqual(documentOf(nowhere).claim, {
    outcome: 'infeasible',
    kind: 'farkas',
    margin: '1',
    repaired: 'false',
  })
})

test('every single byte that is changed is refused, in every position', () => {
  for (const model of [diet, nowhere]) {
    const bytes = writeCertificate(documentOf(model))
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 0x20, 0x80]) {
        const damaged = Buffer.from(bytes)
        damaged[at] ^= flip
        assert.throws(() => readCertificate(damaged), isInputError)
      }
    }
  }
})

test('a change that a forger covers with a new digest is refused, found, or makes a claim that is true of what it says', () => {
  const seen = { refused: 0, found: 0, stillTrue: 0 }
  const texts = [diet, nowhere].map((model) => String(writeCertificate(documentOf(model))))
  const change = fc.record({ which: fc.nat(1), at: fc.nat(2000), to: fc.constantFrom(...'0123456789abcdef') })
  fc.assert(
    fc.property(change, ({ which, at, to }) => {
      const text = texts[which]
      const place = at % text.length
      const changed = withDigest(text.slice(0, place) + to + text.slice(place + 1))
      let read: CertificateDocument
      try {
        read = readCertificate(changed)
      } catch (error) {
        seen.refused++
        return assert.ok(isInputError(error))
      }
      const field = checkCertificate(read)
      if (field !== undefined) seen.found++
      else {
        // Not damage any more but another true statement, such as a bound that does not bind: the claim is that of its own model.
        seen.stillTrue++
        assert.deepEqual(claimOf(certify(read.model, read.subject, read.terms)), read.claim)
        const original = readCertificate(Buffer.from(text))
        assert.deepEqual(
          [original.claim, read.claim].map(({ outcome }) => outcome),
          Array(2).fill(read.claim.outcome),
        )
      }
    }),
    { numRuns: 1500 },
  )
  assert.ok(seen.refused > 100 && seen.found > 50, JSON.stringify(seen))
})

test('claims that are not those of the answer are found, by field', () => {
  const document = documentOf(diet)
  for (const field of Object.keys(document.claim)) {
    if (field === 'outcome') continue
    const claim = { ...document.claim, [field]: '0000000000000001' }
    assert.equal(checkCertificate(readCertificate(writeCertificate({ ...document, claim }))), field)
  }
})

test('other spellings of the same document are refused', () => {
  const text = String(writeCertificate(documentOf(diet)))
  const parsed = JSON.parse(text) as Record<string, unknown>
  const spellings = [
    JSON.stringify(parsed, null, 1),
    `${text}\n`,
    JSON.stringify({ ...parsed, more: 'x' }),
    JSON.stringify(Object.fromEntries(Object.entries(parsed).reverse())),
    text.replace('"rows":"1"', '"rows":"01"'),
    text.replace('"rows":"1"', '"rows":1'),
    text.replace('"claim":', '"claim":{},"claim":'),
    text.replace('"format"', '"\\u0066ormat"'),
  ]
  for (const spelling of spellings) {
    assert.notEqual(spelling, text)
    assert.throws(() => readCertificate(withDigest(spelling)), isInputError)
  }
})

test('bytes of any kind are refused by one error', () => {
  const json = fc.json().map((text) => Buffer.from(text))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), json), (bytes) =>
      assert.throws(() => readCertificate(bytes), isInputError),
    ),
  )
  assert.throws(() => readCertificate(Buffer.from('['.repeat(200_000))), isInputError)
  // Members of the right names with values of every kind, so that each check of a member is met.
  const texts = [diet, nowhere].map((model) => String(writeCertificate(documentOf(model))))
  const odd = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.constantFrom('', '-1', '99999999999', '1 1', '7ff8000000000000'),
  )
  fc.assert(
    fc.property(fc.nat(1), fc.nat(40), fc.oneof(odd, fc.jsonValue()), (which, nth, value) => {
      let count = 0
      const changed = JSON.stringify(JSON.parse(texts[which]), (name, member) =>
        name !== '' && count++ === nth ? value : member,
      )
      if (changed === texts[which]) return
      try {
        checkCertificate(readCertificate(withDigest(changed)))
      } catch (error) {
        assert.ok(error instanceof WeirError, String(error))
      }
    }),
    { numRuns: 1000 },
  )
})

function isInputError(error: unknown): boolean {
  return error instanceof WeirError && error.code === 'WEIR_INPUT'
}
