/**
 * What an eligibility rule may ask about: the names of the environment, their types, and the records that hold them.
 *
 * None of it depends on the policy itself (no floor, no projected balance): a rule that means one thing under a parent
 * means the same under its child, which is what the proof of tightening stands on. All amounts are minor units as 64-bit
 * integers, all times come from the cycle and are UTC. Depends on nothing.
 */

export type RuleType = 'int' | 'string' | 'bool'

export interface RuleVariable {
  /** As written in an expression, such as `move.amountMinor`. */
  readonly name: string
  readonly type: 'int' | 'string'
  readonly meaning: string
}

const int = (name: string, meaning: string): RuleVariable => ({ name, type: 'int', meaning })
const text = (name: string, meaning: string): RuleVariable => ({ name, type: 'string', meaning })

/** All names, in the order in which they are documented. `docs/policy.md` shows this list; a test compares the two. */
export const RULE_VARIABLES: readonly RuleVariable[] = [
  text('move.kind', '`TRANSFER`, `FX`, `DRAW`, `REPAY`, `PLEDGE` or `RELEASE`'),
  int(
    'move.amountMinor',
    'what is debited, drawn or repaid, or what the collateral is worth, minor units of `move.currency`',
  ),
  text('move.currency', 'its currency'),
  int('move.counterAmountMinor', 'what is expected to be credited, minor units of `move.counterCurrency`'),
  text('move.counterCurrency', 'its currency; that of the amount except for FX'),
  text('source.accountId', 'account that is debited; empty for a draw and for collateral'),
  text('source.bankId', 'bank that keeps it; empty for a draw and for collateral'),
  text('destination.accountId', 'account that is credited; empty for a repayment and for collateral'),
  text('destination.bankId', 'bank that keeps it; empty for a repayment and for collateral'),
  text('channel.id', 'rail or facility'),
  text('channel.counterpartyId', 'bank that is paid through a rail, lender of a facility'),
  text('channel.venueId', 'venue that the instruction goes to'),
  int('balance.sourceSettledMinor', 'booked balance of the source, minor units; 0 without one'),
  int('balance.sourceAvailableMinor', 'the same less what is reserved for instructions on their way'),
  int('balance.destinationSettledMinor', 'booked balance of the destination, minor units; 0 without one'),
  int('balance.destinationAvailableMinor', 'the same less what is reserved for instructions on their way'),
  int('time.year', 'of the closing of the cycle, UTC'),
  int('time.month', '1 to 12'),
  int('time.day', 'day of the month, 1 to 31'),
  int('time.dayOfWeek', '1 (Monday) to 7 (Sunday)'),
  int('time.minuteOfDay', '0 to 1439'),
]

/** The typed records below are classes because the evaluator tells types apart by their constructor. */
export class MoveFacts {
  constructor(
    readonly kind: string,
    readonly amountMinor: bigint,
    readonly currency: string,
    readonly counterAmountMinor: bigint,
    readonly counterCurrency: string,
  ) {}
}

export class EndFacts {
  constructor(
    readonly accountId: string,
    readonly bankId: string,
  ) {}
}

export class ChannelFacts {
  constructor(
    readonly id: string,
    readonly counterpartyId: string,
    readonly venueId: string,
  ) {}
}

export class BalanceFacts {
  constructor(
    readonly sourceSettledMinor: bigint,
    readonly sourceAvailableMinor: bigint,
    readonly destinationSettledMinor: bigint,
    readonly destinationAvailableMinor: bigint,
  ) {}
}

export class TimeFacts {
  constructor(
    readonly year: bigint,
    readonly month: bigint,
    readonly day: bigint,
    readonly dayOfWeek: bigint,
    readonly minuteOfDay: bigint,
  ) {}
}

/** One move, as rules see it. */
export interface RuleFacts {
  readonly move: MoveFacts
  readonly source: EndFacts
  readonly destination: EndFacts
  readonly channel: ChannelFacts
  readonly balance: BalanceFacts
  readonly time: TimeFacts
}

/** Constructor of each root, by its name in an expression. */
export const RULE_ROOTS = {
  move: MoveFacts,
  source: EndFacts,
  destination: EndFacts,
  channel: ChannelFacts,
  balance: BalanceFacts,
  time: TimeFacts,
} as const

const MICROS_PER_MINUTE = 60_000_000

/** The UTC calendar of an instant, microseconds since 1970-01-01, by integer arithmetic alone. */
export function timeFactsAt(atMicros: number): TimeFacts {
  const minutes = Math.floor(atMicros / MICROS_PER_MINUTE)
  const days = Math.floor(minutes / 1440)
  // `Date` is asked for a given instant only, in UTC: no clock, no time zone.
  const date = new Date(days * 86_400_000)
  // 1970-01-01 was a Thursday, ISO day 4.
  const dayOfWeek = ((((days + 3) % 7) + 7) % 7) + 1
  return new TimeFacts(
    BigInt(date.getUTCFullYear()),
    BigInt(date.getUTCMonth() + 1),
    BigInt(date.getUTCDate()),
    BigInt(dayOfWeek),
    BigInt(minutes - days * 1440),
  )
}
