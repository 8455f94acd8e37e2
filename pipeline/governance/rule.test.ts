/** Rules: what compiles, what is refused and where, that everything but `true` denies, and a second evaluator's opinion. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type CelResult, celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import fc from 'fast-check'
import { factsAsMaps, randomFacts, randomRule } from '../../tests/support/random-rule.js'
import { compileRule, isTrue, RULE_LIMITS } from './rule.js'
import {
  BalanceFacts,
  ChannelFacts,
  EndFacts,
  MoveFacts,
  RULE_ROOTS,
  RULE_VARIABLES,
  type RuleFacts,
  timeFactsAt,
} from './rule-facts.js'
import { RuleMistake } from './rule-syntax.js'

const NOON = Date.parse('2026-03-18T12:34:56Z') * 1000

const facts: RuleFacts = {
  move: new MoveFacts('FX', 5_000_000_00n, 'EUR', 5_400_000_00n, 'USD'),
  source: new EndFacts('DE-PAYMENTS', 'BANK-A'),
  destination: new EndFacts('US-PAYMENTS', 'BANK-B'),
  channel: new ChannelFacts('FX-1', 'BANK-B', 'VENUE'),
  balance: new BalanceFacts(9_000_000_00n, 8_000_000_00n, 1n, -1n),
  time: timeFactsAt(NOON),
}

const allows = (text: string, of: RuleFacts = facts) => compileRule(text).allows(of)

function mistakeIn(text: string): string {
  try {
    compileRule(text)
  } catch (error) {
    assert.ok(error instanceof RuleMistake, `${text}: ${error}`)
    return `${error.offset}: ${error.message} (${error.remedy})`
  }
  assert.fail(`accepted: ${text}`)
}

test('every documented name is a field of a record, with its type, and no record has another', () => {
  const fields = Object.entries(facts).flatMap(([root, record]) =>
    Object.entries(record as object).map(
      ([field, value]) => `${root}.${field} ${typeof value === 'bigint' ? 'int' : typeof value}`,
    ),
  )
  assert.deepEqual(fields.sort(), RULE_VARIABLES.map(({ name, type }) => `${name} ${type}`).sort())
  for (const [root, ctor] of Object.entries(RULE_ROOTS))
    assert.ok(facts[root as keyof RuleFacts] instanceof ctor)
})

test('the documentation lists every name with its type and meaning', () => {
  const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8')
  for (const { name, type, meaning } of RULE_VARIABLES)
    assert.ok(page.includes(`| \`${name}\` | ${type} | ${meaning} |`), name)
})

test('rules over amounts, ends, balances and time', () => {
  assert.equal(allows('move.kind == "FX" && move.amountMinor <= 500000000'), true)
  assert.equal(allows('move.amountMinor < 500000000'), false)
  assert.equal(allows('move.kind in ["TRANSFER", \'FX\'] // either'), true)
  assert.equal(allows('source.accountId.startsWith("DE-") && !(destination.bankId == "BANK-A")'), true)
  assert.equal(allows('balance.sourceAvailableMinor - move.amountMinor >= 300000000'), true)
  assert.equal(allows('balance.destinationAvailableMinor == -1'), true)
  assert.equal(allows('move.kind == "FX" ? move.counterAmountMinor <= 1 : true'), false)
  const { year, month, day, dayOfWeek, minuteOfDay } = facts.time
  assert.deepEqual([year, month, day, dayOfWeek, minuteOfDay], [2026n, 3n, 18n, 3n, 754n])
  assert.equal(allows('time.dayOfWeek <= 5 && time.minuteOfDay < 16 * 60 && time.year == 2026'), true)
})

test('the calendar of an instant agrees with Date, before 1970 and on leap days too', () => {
  fc.assert(
    fc.property(fc.integer({ min: -4_000_000_000, max: 8_000_000_000 }), (seconds) => {
      const date = new Date(seconds * 1000)
      const time = timeFactsAt(seconds * 1e6 + 999_999)
      assert.equal(time.minuteOfDay, BigInt(date.getUTCHours() * 60 + date.getUTCMinutes()))
      assert.equal(time.dayOfWeek, BigInt(date.getUTCDay() === 0 ? 7 : date.getUTCDay()))
      const iso = [time.year, time.month, time.day].map((part) => String(part).padStart(2, '0')).join('-')
      assert.equal(iso, date.toISOString().slice(0, 10))
    }),
    { numRuns: 500 },
  )
})

test('what a rule may not be is refused where it begins', () => {
  const cases: [text: string, starts: string][] = [
    ['move.amount <= 5', "0: unknown name 'move.amount' (docs/policy.md lists the names)"],
    [
      'true && move.amountminor <= 5',
      "8: unknown name 'move.amountminor' (did you mean 'move.amountMinor'?)",
    ],
    ['amount <= 5', "0: unknown name 'amount' ("],
    ['move == move', "0: 'move' is a record, not a value (use move.kind, "],
    ['move.kind.length == 1', '0: unknown name'],
    ['move.constructor == "a"', "0: unknown name 'move.constructor'"],
    ['move.amountMinor == "5"', `20: '"5"' is of type string, not int (`],
    ['move.amountMinor <= 5.0', "20: '5.0' is no whole number ("],
    ['move.amountMinor <= 5u', "20: '5u' is no int, string or bool ("],
    ['move.kind == null', "13: 'null' is no int, string or bool ("],
    ['move.amountMinor', "0: 'move.amountMinor' is of type int, not bool ("],
    ['move.kind < "G"', "0: '<' is not defined for string ("],
    ['move.kind in []', "13: 'in' needs a list that is not empty ("],
    ['move.kind in [source.bankId]', "14: 'source.bankId' is no written value ("],
    ['move.kind.matches("(a+)+$")', `0: 'move.kind.matches("(a+)+$")' is outside of what a rule may use (`],
    ['[1, 2].all(x, x > 0)', "0: '[1, 2].all(x, x > 0)' is outside"],
    ['size(move.kind) == 2', "0: 'size(move.kind)' is outside"],
    ['move.amountMinor / 0 == 1', "19: '0' divides and is no written number above 0 ("],
    ['1 / move.amountMinor == 1', "4: 'move.amountMinor' divides and is no"],
    ['-move.amountMinor < 1', "0: '-move.amountMinor': only a written number can be negative ("],
    ['move.amountMinor < 9223372036854775808', "19: '9223372036854775808' does not fit 64 bits ("],
    ['move.kind == "FX', '13: '],
    ['move.kind = "FX"', '10: Unexpected character: ='],
    ['', '0: '],
    ['{"a": 1} == {}', '1: the expression is too large'],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, '24: the expression is too large: Exceeded maxDepth (24)'],
    [Array(300).fill('true').join('||'), '0: the expression is too large: Exceeded maxAstNodes (512)'],
    [`1 in [${Array(300).fill('1').join(',')}]`, '518: the expression is too large'],
    ['x'.repeat(1_000_000), '0: the expression has 1000000 characters, more than 2048 ('],
  ]
  for (const [text, starts] of cases) {
    const told = mistakeIn(text)
    assert.ok(told.startsWith(starts), `${text.slice(0, 80)}\n${told}\nshould start with\n${starts}`)
  }
})

test('no text makes compiling throw anything but a RuleMistake, or take long', () => {
  const piece = fc.constantFrom(
    ...'move.kind|move.amountMinor|source|==|<|in|[|]|(|)|{|}|!|-|&&|||?|:|.|,|"|\'|1|0x|1e9|u|true|null|\\|`|b"|r"|//|+|%|all|has|\u0000|\ud800|é|\u202e'.split(
      '|',
    ),
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' ')),
    fc.tuple(randomRule, fc.nat(), fc.string({ maxLength: 3 })).map(([rule, at, inserted]) => {
      const place = at % (rule.length + 1)
      return rule.slice(0, place) + inserted + rule.slice(place + 1)
    }),
  )
  fc.assert(
    fc.property(text, (source) => {
      try {
        compileRule(source)
      } catch (error) {
        assert.ok(error instanceof RuleMistake, `${JSON.stringify(source)}: ${error}`)
        assert.ok(error.offset >= 0 && error.offset <= source.length)
      }
    }),
    { numRuns: 4000 },
  )
  for (const hostile of ['!', '-', '(', '[', '{', '"', 'a.', 'a(', '1?1:', '!(', '/'])
    mistakeIn(hostile.repeat(2000).slice(0, RULE_LIMITS.characters))
})

test('everything but true denies: throws, error values, truthy values, promises', () => {
  assert.equal(
    isTrue(() => true),
    true,
  )
  fc.assert(
    fc.property(
      fc.anything().filter((value) => value !== true),
      (value) => {
        assert.equal(
          isTrue(() => value),
          false,
        )
        assert.equal(
          isTrue(() => {
            throw value
          }),
          false,
        )
      },
    ),
  )
  assert.equal(
    isTrue(() => Promise.resolve(true)),
    false,
  )
  // Overflow in the rule; facts that are missing, or of another type than declared.
  assert.equal(allows('move.amountMinor * 9223372036854775807 > 0'), false)
  assert.equal(allows('!(move.amountMinor * 9223372036854775807 > 0)'), false)
  const broken: unknown[] = [undefined, null, {}, { move: {} }, { ...facts, move: { kind: 'FX' } }, 1]
  broken.push({ ...facts, move: new MoveFacts('FX', undefined as unknown as bigint, 'EUR', 5n, 'EUR') })
  const rule = compileRule('move.amountMinor <= 500000000')
  for (const one of broken) assert.equal(rule.allows(one as RuleFacts), false)
})

test('the normal form forgets spaces, quotes, comments and parentheses, and nothing else', () => {
  const normal = (text: string) => compileRule(text).normal
  assert.equal(
    normal("move.kind=='FX'&&(true&&(move.amountMinor)<=0x10) // c"),
    normal('move.kind == "FX" && true && move.amountMinor <= 16'),
  )
  assert.notEqual(normal('true && false || true'), normal('true && (false || true)'))
  fc.assert(
    fc.property(randomRule, randomFacts, (text, of) => {
      const rule = compileRule(text)
      const again = compileRule(rule.normal)
      assert.equal(again.normal, rule.normal)
      assert.equal(again.allows(of), rule.allows(of))
    }),
    { numRuns: 1500 },
  )
})

test('a second evaluator allows and denies the same, errors included', () => {
  const env = celEnv()
  const outcomes = { allowed: 0, denied: 0, failed: 0 }
  fc.assert(
    fc.property(randomRule, fc.array(randomFacts, { minLength: 3, maxLength: 3 }), (text, moves) => {
      const rule = compileRule(text)
      const second = plan(env, parse(text)) as (bindings: object) => CelResult
      for (const of of moves) {
        const result = second(factsAsMaps(of))
        outcomes[isCelError(result) ? 'failed' : result === true ? 'allowed' : 'denied']++
        assert.equal(rule.allows(of), result === true, `${text}\n${String(result)}`)
      }
    }),
    { numRuns: 6000 },
  )
  for (const [outcome, times] of Object.entries(outcomes)) assert.ok(times > 20, `${outcome}: ${times}`)
})
