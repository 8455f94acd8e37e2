/**
 * What the live feed sends, record by record: a function of its seed and of the times that it is asked at.
 *
 * Each group has numbered feeds with repetitions, late records and, when wished, records that nobody can use. The feed knows what every
 * account must hold in the end. Depends on the material and the record types.
 */
import { EVERY_GROUP } from '../../pipeline/ports.js'
import { partitionOf } from '../../pipeline/runtime/distributed/topics.js'
import { isReference, RECORD_ID_FIELD } from '../../pipeline/runtime/kafka/files/record-key.js'
import { encodeRecord } from '../../schemas/avro/registry.js'
import type { InputStream } from '../../schemas/generated/schemas.js'
import { Random } from '../random.js'
import * as material from '../simulator/feed/material.js'
import { type LiveMaterialOptions, liveGroupDrafts, liveSharedDrafts } from './live-material.js'

export interface LiveFeedOptions extends LiveMaterialOptions {
  readonly seed: string
  readonly groups: number
  /** Names of the groups begin with it. Another feed on the same topics must have another one. */
  readonly groupPrefix: string
  readonly partitions: number
  /** So many of the groups ask people before anything is sent. */
  readonly supervised: number
  /** Whether now and then a record comes that nobody can use. */
  readonly faulty: boolean
}

export interface FeedRecord {
  readonly stream: InputStream
  readonly groupId: string
  /** What a record of reference data is about; undefined for an event. */
  readonly recordId: string | undefined
  readonly bytes: Buffer
  /** To be sent so much later than it was made. */
  readonly delayMs: number
}

const MICROS_PER_DAY = 86_400_000_000
const BANK_STATEMENT = 'bank-statement'
const LATE = 0.05
const LATE_MOST_MS = 2_000
const REPEATED = 0.05
const FAULTY = 0.002
/** Movements of a supervised group, in parts of those of the others. */
const SUPERVISED_SHARE = 0.15
/** A movement is at most this share of the opening balance. */
const MOVEMENT_SHARE = 0.15
/** Beyond this share of the opening balance movements go back to it, so that a feed may run for hours. */
const DRIFT_SHARE = 0.5

export class LiveFeed {
  readonly groups: readonly string[]
  /** Those whose plans wait for people. */
  readonly supervised: readonly string[]
  /** What an account must hold, had nobody moved anything: minor units by `GROUP/ACCOUNT`. */
  readonly balances = new Map<string, number>()
  movements = 0
  repeated = 0
  faulty = 0
  readonly #options: LiveFeedOptions
  readonly #random: Random
  readonly #sequences = new Map<string, number>()
  #mid = 1.1

  constructor(options: LiveFeedOptions) {
    this.#options = options
    this.#random = new Random('live feed', options.seed)
    const { groups, groupPrefix, partitions } = options
    this.groups = spreadGroups(groups, groupPrefix, partitions)
    this.supervised = this.groups.slice(0, options.supervised)
  }

  /** Everything but balances and movements. */
  reference(nowMicros: number): FeedRecord[] {
    const shared = liveSharedDrafts(dayOf(nowMicros)).map((draft) =>
      this.#make(EVERY_GROUP, draft, nowMicros),
    )
    const own = this.groups.flatMap((groupId) =>
      liveGroupDrafts(
        groupId,
        this.#options,
        this.supervised.includes(groupId) ? 'supervised' : 'autonomous',
      ).map((draft) => this.#make(groupId, draft, nowMicros)),
    )
    return [
      ...shared,
      ...own,
      this.#make(EVERY_GROUP, material.quoteDraft('RATE:EUR', 'BASE_RATE', 0.02), nowMicros),
    ]
  }

  openings(nowMicros: number): FeedRecord[] {
    return this.groups.flatMap((groupId) => {
      for (const accountId of material.ACCOUNTS)
        this.balances.set(`${groupId}/${accountId}`, material.OPENINGS[accountId])
      return material.openingDrafts(groupId).map((draft) => this.#make(groupId, draft, nowMicros))
    })
  }

  quote(nowMicros: number): FeedRecord {
    this.#mid = Math.min(1.3, Math.max(0.9, this.#mid + 0.004 * (this.#random.uniform() - 0.5)))
    return this.#make(EVERY_GROUP, material.quoteDraft('EUR/USD', 'FX_SPOT', this.#mid), nowMicros)
  }

  /** One movement, now and then with its repetition or beside a record that nobody can use. */
  movement(nowMicros: number): FeedRecord[] {
    const random = this.#random
    const groupId = this.#nextGroup()
    const accountId = random.pick(material.ACCOUNTS)
    const amountMinor = this.#amountFor(`${groupId}/${accountId}`, accountId)
    const draft = material.movementDraft(groupId, this.movements++, accountId, amountMinor, dayOf(nowMicros))
    const record = this.#make(groupId, draft, nowMicros)
    const delayMs = random.chance(LATE) ? random.integer(0, LATE_MOST_MS) : 0
    const records = [{ ...record, delayMs }]
    if (random.chance(REPEATED)) {
      this.repeated++
      records.push({ ...record, delayMs: random.integer(0, LATE_MOST_MS) })
    }
    if (this.#options.faulty && random.chance(FAULTY)) {
      this.faulty++
      records.push({ ...record, bytes: record.bytes.subarray(0, record.bytes.length - 3), delayMs: 0 })
    }
    return records
  }

  /** Plans that wait for people would be out of date before anybody has read them if their groups were as busy as the others. */
  #nextGroup(): string {
    const groupId = this.#random.pick(this.groups)
    const others = this.groups.slice(this.supervised.length)
    const isBusy = !this.supervised.includes(groupId) || others.length === 0
    return isBusy || this.#random.chance(SUPERVISED_SHARE) ? groupId : this.#random.pick(others)
  }

  #amountFor(key: string, accountId: string): number {
    const opening = material.OPENINGS[accountId]
    const balance = this.balances.get(key) as number
    const size = this.#random.integer(1, Math.floor(opening * MOVEMENT_SHARE))
    const drift = balance - opening
    const back = Math.abs(drift) > opening * DRIFT_SHARE
    const amountMinor = (back ? drift < 0 : this.#random.chance(0.5)) ? size : -size
    this.balances.set(key, balance + amountMinor)
    return amountMinor
  }

  #make(groupId: string, { stream, fields }: material.Draft, nowMicros: number): FeedRecord {
    const sourceId = stream === 'cash-movement' || stream === 'balance-report' ? BANK_STATEMENT : stream
    const feed = `${groupId}/${sourceId}`
    const sourceSequence = this.#sequences.get(feed) ?? 0
    this.#sequences.set(feed, sourceSequence + 1)
    const record = { groupId, sourceId, sourceSequence, eventTime: nowMicros, ...fields }
    return {
      stream: stream as InputStream,
      groupId,
      recordId: recordIdOf(stream as InputStream, fields),
      bytes: encodeRecord(stream, record as never),
      delayMs: 0,
    }
  }
}

export function dayOf(micros: number): number {
  return Math.floor(micros / MICROS_PER_DAY)
}

function recordIdOf(stream: InputStream, fields: material.Draft['fields']): string | undefined {
  return isReference(stream) ? String(fields[RECORD_ID_FIELD[stream]]) : undefined
}

/** Names of which every partition gets its share. */
export function spreadGroups(groups: number, groupPrefix: string, partitions: number): string[] {
  const names: string[] = []
  for (let candidate = 0; names.length < groups; candidate++) {
    const name = `${groupPrefix}-${candidate}`
    if (partitionOf(name, partitions) === names.length % partitions) names.push(name)
  }
  return names
}
