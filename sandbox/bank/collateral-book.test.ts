/** The bank's book of collateral, held against a twin that looks at the whole history each time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Instruction } from '../../schemas/generated/types.js'
import { CollateralBook, type CollateralTerms } from './collateral-book.js'

const COVERS: Readonly<Record<string, number>> = { 'K0 J0': 1_000, 'K0 J1': 3_333, 'K1 J0': 900 }

const terms: CollateralTerms = {
  facilities: [
    { groupId: 'g', facilityId: 'K0', outstandingMinor: 100 },
    { groupId: 'g', facilityId: 'K1', outstandingMinor: 0 },
  ],
  pledges: [{ groupId: 'g', facilityId: 'K0', assetId: 'J0', pledgedParts: 200_000 }],
  coverMinor: (_group, facility, asset) => COVERS[`${facility} ${asset}`],
}

function order(
  kind: Instruction['kind'],
  facility: number,
  asset: number,
  amountMinor: number,
  assetParts: number,
) {
  const collateral = kind === 'PLEDGE' || kind === 'RELEASE'
  return {
    kind,
    groupId: 'g',
    channelId: `K${facility}`,
    amountMinor,
    assetId: collateral ? `J${asset}` : '',
    assetParts: collateral ? assetParts : 0,
  } as Instruction
}

interface Event {
  readonly order: Instruction
  /** Undefined while it is on its way. */
  settledMinor: number | undefined
}

/** Everything that was taken, summed up anew. */
function twin(events: readonly Event[], next: Instruction): string {
  const parts = (facility: string, asset: string, counts: (event: Event) => boolean, kind: string): number =>
    events
      .filter(
        (one) =>
          one.order.kind === kind &&
          one.order.channelId === facility &&
          one.order.assetId === asset &&
          counts(one),
      )
      .reduce(
        (sum, one) => sum + one.order.assetParts,
        facility === 'K0' && asset === 'J0' && kind === 'PLEDGE' ? 200_000 : 0,
      )
  const settled = ({ settledMinor }: Event): boolean => settledMinor !== undefined && settledMinor > 0
  const notRejected = ({ settledMinor }: Event): boolean => settledMinor !== 0
  const covering = (facility: string, asset: string): number =>
    parts(facility, asset, settled, 'PLEDGE') - parts(facility, asset, notRejected, 'RELEASE')
  const covered = (facility: string, without = 0, of = ''): number =>
    ['J0', 'J1'].reduce((sum, asset) => {
      const left = covering(facility, asset) - (asset === of ? without : 0)
      return sum + Math.floor(((COVERS[`${facility} ${asset}`] ?? 0) * left) / 1_000_000)
    }, 0)
  const lent = (facility: string): number =>
    events
      .filter(({ order: { channelId } }) => channelId === facility)
      .reduce(
        (sum, { order: { kind, amountMinor }, settledMinor }) => {
          if (kind === 'DRAW') return sum + (settledMinor ?? amountMinor)
          return kind === 'REPAY' ? sum - (settledMinor ?? 0) : sum
        },
        facility === 'K0' ? 100 : 0,
      )
  const { kind, channelId, assetId, assetParts, amountMinor } = next
  if (kind === 'DRAW') return covered(channelId) >= lent(channelId) + amountMinor ? '' : 'AM04'
  if (kind === 'REPAY') return ''
  if (COVERS[`${channelId} ${assetId}`] === undefined) return 'AG01'
  if (kind === 'RELEASE') {
    if (assetParts > covering(channelId, assetId)) return 'AM04'
    return covered(channelId, assetParts, assetId) >= lent(channelId) ? '' : 'AM04'
  }
  const away = ['K0', 'K1'].reduce(
    (sum, facility) =>
      sum + parts(facility, assetId, notRejected, 'PLEDGE') - parts(facility, assetId, settled, 'RELEASE'),
    0,
  )
  return away + assetParts <= 1_000_000 ? '' : 'AM04'
}

const step = fc.record({
  kind: fc.constantFrom<Instruction['kind']>('PLEDGE', 'PLEDGE', 'DRAW', 'RELEASE', 'REPAY'),
  facility: fc.nat(1),
  asset: fc.nat(1),
  amount: fc.noBias(fc.integer({ min: 1, max: 900 })),
  parts: fc.noBias(fc.integer({ min: 1, max: 500_000 })),
  ends: fc.nat(9),
  settles: fc.constantFrom(true, true, false),
})

test('what the book refuses is what the whole history refuses', () => {
  const met = new Map<string, number>()
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
      const book = new CollateralBook(terms)
      const events: Event[] = []
      for (const { kind, facility, asset, amount, parts, ends, settles } of steps) {
        const next = order(kind, facility, asset, amount, parts)
        const refused = book.refusal(next, 0)
        assert.equal(refused, twin(events, next), kind)
        met.set(`${kind} ${refused}`, (met.get(`${kind} ${refused}`) ?? 0) + 1)
        if (refused === '') {
          book.hold(next)
          events.push({ order: next, settledMinor: undefined })
        }
        const open = events.filter(({ settledMinor }) => settledMinor === undefined)
        const ending = open[ends]
        if (ending === undefined) continue
        ending.settledMinor = settles ? ending.order.amountMinor : 0
        book.end(ending.order, ending.settledMinor)
      }
    }),
    { seed: 92, numRuns: 2_000 },
  )
  for (const kind of [
    'PLEDGE ',
    'PLEDGE AM04',
    'PLEDGE AG01',
    'DRAW ',
    'DRAW AM04',
    'RELEASE ',
    'RELEASE AM04',
  ])
    assert.ok((met.get(kind) ?? 0) > 50, `${kind}: ${met.get(kind)}`)
})

test('a facility that is not secured asks for nothing', () => {
  const book = new CollateralBook(terms)
  assert.equal(book.refusal({ ...order('DRAW', 0, 0, 1e12, 0), channelId: 'RCF' }, 0), '')
  assert.equal(book.refusal({ ...order('PLEDGE', 0, 0, 1, 1), channelId: 'RCF' }, 0), 'AG01')
})
