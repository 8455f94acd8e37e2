/**
 * The faults of a simulation as data: what goes wrong, when, where, for how long.
 *
 * A list follows from the seed alone, can be written down, shortened and given back, and then the same happens again.
 * Depends on the sandbox's randomness.
 */
import { WeirError } from '../../pipeline/errors.js'
import { Random } from '../random.js'

export const FAULT_KINDS = [
  'crash',
  'pause',
  'handover',
  'cut',
  'drop',
  'delay',
  'duplicate',
  'reorder',
  'torn-write',
  'bit-flip',
  'full-disk',
  'clock-skew',
  'clock-jump',
  'rebalance-storm',
  'broker-outage',
  'registry-gone',
  'clickhouse-gone',
  'bank-crash',
  'worker-lost',
  'worker-wedged',
  'worker-slow',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

/** Just after what an instance is stopped or killed. */
const MOMENTS = ['now', 'produced', 'committing', 'committed'] as const
export type Moment = (typeof MOMENTS)[number]

export interface Fault {
  readonly atMs: number
  readonly kind: FaultKind
  /** An instance, a broker, or `*`. */
  readonly target: string
  /** How long it lasts, or until the process is back. */
  readonly durationMs: number
  /** Milliseconds of a clock's change or of the longest delay; number of a worker; rebalances of a storm. */
  readonly amount: number
  /** Of a message to be hit. */
  readonly probability: number
  /** Crash and pause wait for the next such moment of the instance, and for so many of its steps after it. */
  readonly moment: Moment
  readonly steps: number
}

export interface FaultSpace {
  readonly seed: number
  readonly kinds: readonly FaultKind[]
  readonly instances: number
  readonly brokers: number
  readonly activeMs: number
}

/** Faults of most seeds, and of one in four, where one comes before the last is mended. */
const USUAL = { fewest: 3, most: 14 }
const DENSE = { fewest: 15, most: 45 }
const DENSE_SHARE = 0.25

export function faultsOf(space: FaultSpace): Fault[] {
  if (space.kinds.length === 0) return []
  const random = new Random('faults', space.seed)
  const faults: Fault[] = []
  const { fewest, most } = random.chance(DENSE_SHARE) ? DENSE : USUAL
  for (let left = random.integer(fewest, most); left > 0; left--) faults.push(drawFault(random, space))
  return faults.sort((a, b) => a.atMs - b.atMs)
}

function drawFault(random: Random, { kinds, instances, brokers, activeMs }: FaultSpace): Fault {
  const kind = drawKind(random, kinds)
  const instance = `instance-${random.integer(0, instances - 1)}`
  const broker = `broker-${random.integer(0, brokers - 1)}`
  const base: Fault = {
    atMs: random.integer(1_000, activeMs),
    kind,
    target: instance,
    durationMs: random.integer(200, 20_000),
    amount: 0,
    probability: Math.round(random.between(0.05, 0.5) * 100) / 100,
    moment: random.pick(MOMENTS),
    steps: random.integer(0, 3),
  }
  switch (kind) {
    case 'broker-outage':
      return { ...base, target: broker, durationMs: random.integer(500, 15_000) }
    case 'cut':
    case 'drop':
    case 'delay':
    case 'duplicate':
    case 'reorder':
      return {
        ...base,
        target: random.pick([instance, instance, broker, '*']),
        amount: random.integer(10, 4_000),
      }
    case 'clock-skew':
      return { ...base, amount: random.integer(-2_000, 2_000) }
    case 'clock-jump':
      return { ...base, amount: random.integer(-600_000, 600_000) }
    case 'rebalance-storm':
      return { ...base, target: '*', amount: random.integer(2, 8) }
    case 'worker-lost':
    case 'worker-wedged':
    case 'worker-slow':
      return { ...base, amount: random.integer(0, 1) }
    default:
      return base
  }
}

/** Deaths at bad moments find most, so they are drawn more often. */
function drawKind(random: Random, kinds: readonly FaultKind[]): FaultKind {
  const deadly = kinds.filter((kind) => kind === 'crash' || kind === 'pause')
  return deadly.length > 0 && random.chance(0.3) ? random.pick(deadly) : random.pick(kinds)
}

/** Reads a list that was written down. Throws `WEIR_USAGE` naming the place. */
export function parseFaults(text: string, place: string): Fault[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw wrong(place, `is no JSON: ${(error as Error).message}`)
  }
  if (!Array.isArray(value)) throw wrong(place, 'is not a list')
  return value.map((fault: unknown, index) => checkFault(fault, `${place}, fault ${index}`))
}

function checkFault(value: unknown, place: string): Fault {
  if (typeof value !== 'object' || value === null) throw wrong(place, 'is not an object')
  const fault = value as Partial<Record<keyof Fault, unknown>>
  const numbers = ['atMs', 'durationMs', 'amount', 'probability', 'steps'] as const
  for (const key of numbers)
    if (typeof fault[key] !== 'number' || !Number.isFinite(fault[key]))
      throw wrong(place, `${key} is not a number`)
  if (!FAULT_KINDS.includes(fault.kind as FaultKind))
    throw wrong(place, `kind is none of ${FAULT_KINDS.join(', ')}`)
  if (!MOMENTS.includes(fault.moment as Moment)) throw wrong(place, `moment is none of ${MOMENTS.join(', ')}`)
  if (typeof fault.target !== 'string') throw wrong(place, 'target is not a text')
  return fault as unknown as Fault
}

function wrong(place: string, what: string): WeirError {
  return new WeirError('WEIR_USAGE', what, { place, remedy: 'give a list as weir simulate prints it' })
}
