/**
 * Decoding cash movements from Avro bytes: the generated fixed-layout codec beside avsc's two ways.
 *
 * One sample is the mean over a block of records; all read every field. The generated codec fills slots, avsc makes
 * objects: that difference is the point, and it is said in the page.
 */
import avro from 'avsc'
import { CashMovementLane, decodeCashMovement, encodeCashMovement } from '../schemas/generated/codecs.js'
import { SCHEMA_JSON } from '../schemas/generated/schemas.js'
import type { CashMovement } from '../schemas/generated/types.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'
import { seededRandom } from './seeded-random.js'

const RECORDS = 2_000

function movements(): CashMovement[] {
  const random = seededRandom(3)
  const bytes = () => Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256))
  return Array.from({ length: RECORDS }, (_, i) => ({
    movementId: bytes(),
    groupId: 'europe',
    sourceId: 'bank-a',
    sourceSequence: i,
    eventTime: 1_773_820_800_000_000 + i * 1_000,
    accountId: `ACCOUNT-${i % 12}`,
    currency: 'EUR',
    amountMinor: Math.round((random() - 0.5) * 1e9),
    valueDate: 20_530,
    kind: 'CUSTOMER_PAYMENT',
    expectedFlowId: new Uint8Array(16),
    counterpartyId: 'BANK-B',
  }))
}

/** Decodes all records in a round and pushes the mean time of one. */
function blockwise(name: string, role: Contender['role'], decodeAll: () => number): Contender {
  let check = 0
  return {
    name,
    role,
    round(samples) {
      const before = nowMicros()
      check += decodeAll()
      samples.push((nowMicros() - before) / RECORDS)
      if (!Number.isFinite(check)) throw new Error('decoded nonsense')
    },
  }
}

export const avroDecode: Scenario = {
  name: 'avro-decode',
  measures: `one cash movement (12 fields, about 90 bytes), mean of ${RECORDS}`,
  warmUpRounds: 200,
  rounds: 400,
  async contenders() {
    const records = movements()
    const buffer = Buffer.alloc(RECORDS * 256)
    const starts: number[] = []
    let end = 0
    for (const record of records) {
      starts.push(end)
      end = encodeCashMovement(record, buffer, end)
    }
    const bytes = buffer.subarray(0, end)
    const singles = starts.map((start, i) => bytes.subarray(start, starts[i + 1] ?? end))
    const type = avro.Type.forSchema(JSON.parse(SCHEMA_JSON['cash-movement']) as avro.Schema)
    const slot = new Float64Array(64)
    const amount = (record: unknown) => (record as CashMovement).amountMinor
    return {
      list: [
        blockwise('weir generated codec', 'weir', () => {
          let sum = 0
          for (let at = 0; at < end; ) {
            at = decodeCashMovement(bytes, at, end, slot, 0)
            sum += slot[CashMovementLane.amountMinor]!
          }
          return sum
        }),
        blockwise('avsc decode', 'peer', () => {
          let sum = 0
          for (let at = 0; at < end; ) {
            const decoded = type.decode(bytes, at)
            at = decoded.offset
            sum += amount(decoded.value)
          }
          return sum
        }),
        blockwise('avsc fromBuffer', 'peer', () =>
          singles.reduce((sum, one) => sum + amount(type.fromBuffer(one)), 0),
        ),
      ],
    }
  },
}
