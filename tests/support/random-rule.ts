/**
 * Random eligibility rules of the whole language, and random moves to try them on: for the differential test against a second
 * evaluator and for the twin of the proof of tightening. Names are few and constants near each other, so that rules meet.
 */
import fc from 'fast-check'
import {
  BalanceFacts,
  ChannelFacts,
  EndFacts,
  MoveFacts,
  type RuleFacts,
  TimeFacts,
} from '../../pipeline/governance/rule-facts.js'

const ACCOUNTS = ['', 'DE-1', 'DE-2', 'FR-1', 'DE'] as const
const KINDS = ['TRANSFER', 'FX', 'DRAW', 'REPAY'] as const
/** Near each other, and at the ends of the 64 bits, where sums and products overflow. */
const NUMBERS = [0n, 1n, 4n, 5n, 6n, 10n, 4_611_686_018_427_387_904n, 9_223_372_036_854_775_807n] as const

const number = fc.constantFrom(...NUMBERS)
const account = fc.constantFrom(...ACCOUNTS)

export const randomFacts: fc.Arbitrary<RuleFacts> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    amount: number,
    counter: number,
    from: account,
    to: account,
    balance: fc.constantFrom(...NUMBERS, -5n, -9_223_372_036_854_775_808n),
    minute: fc.bigInt(0n, 12n),
  })
  .map(({ kind, amount, counter, from, to, balance, minute }) => ({
    move: new MoveFacts(kind, amount, 'EUR', counter, 'USD'),
    source: new EndFacts(from, 'BANK-A'),
    destination: new EndFacts(to, 'BANK-B'),
    channel: new ChannelFacts('R', 'BANK-B', 'VENUE'),
    balance: new BalanceFacts(balance, balance, 0n, 0n),
    time: new TimeFacts(2026n, 3n, 18n, 3n, minute),
  }))

const quoted = (text: string) => fc.constantFrom(`"${text}"`, `'${text}'`)
const textName = fc.constantFrom('move.kind', 'source.accountId', 'destination.accountId')
const textConstant = fc.constantFrom('DE', 'DE-1', 'FX', 'FR-', 'DRAW', '1', '').chain(quoted)
const intName = fc.constantFrom(
  'move.amountMinor',
  'move.counterAmountMinor',
  'balance.sourceAvailableMinor',
  'time.minuteOfDay',
)
const intConstant = fc.constantFrom('0', '1', '4', '5', '0x6', '10', '-5', '4611686018427387904')

interface Grammar {
  bool: string
  int: string
}

const { bool } = fc.letrec<Grammar>((tie) => ({
  int: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'rule' },
    { arbitrary: intName, weight: 4 },
    { arbitrary: intConstant, weight: 3 },
    fc.tuple(tie('int'), fc.constantFrom('+', '-', '*'), tie('int')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('int'), fc.constantFrom('/ 5', '% 3')).map(([a, op]) => `(${a} ${op})`),
    fc.tuple(tie('bool'), tie('int'), tie('int')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
  ),
  bool: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'rule' },
    {
      arbitrary: fc
        .tuple(intName, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), intConstant)
        .map((parts) => parts.join(' ')),
      weight: 4,
    },
    {
      arbitrary: fc
        .tuple(textName, fc.constantFrom('==', '!='), textConstant)
        .map((parts) => parts.join(' ')),
      weight: 3,
    },
    fc.tuple(textName, textConstant, textConstant).map(([name, a, b]) => `${name} in [${a}, ${b}]`),
    fc.tuple(intName, intConstant, intConstant).map(([name, a, b]) => `${name} in [${a}, ${b}]`),
    fc
      .tuple(textName, fc.constantFrom('startsWith', 'endsWith', 'contains'), textConstant)
      .map(([name, method, text]) => `${name}.${method}(${text})`),
    fc
      .tuple(tie('int'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('int'))
      .map((parts) => parts.join(' ')),
    fc.tuple(textName, textName).map(([a, b]) => `${a} == ${b}`),
    fc.constantFrom('true', 'false'),
    tie('bool').map((a) => `!(${a})`),
    fc.tuple(tie('bool'), tie('bool')).map(([a, b]) => `(${a} && ${b})`),
    fc.tuple(tie('bool'), tie('bool')).map(([a, b]) => `(${a} || ${b})`),
    fc.tuple(tie('bool'), tie('bool')).map(([a, b]) => `((${a}) == (${b}))`),
    fc.tuple(tie('bool'), tie('bool'), tie('bool')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
  ),
}))

/** Texts of rules that compile; a few are longer than a rule may be and are left out. */
export const randomRule: fc.Arbitrary<string> = bool.filter((text) => text.length < 600)

/** The facts as plain nested maps, which is how the second evaluator takes records. */
export function factsAsMaps(facts: RuleFacts): Record<string, Map<string, string | bigint>> {
  return Object.fromEntries(
    Object.entries(facts).map(([root, record]) => [root, new Map(Object.entries(record as object))]),
  )
}
