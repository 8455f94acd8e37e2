/**
 * What the producers of a simulation send, and when: a pure function of the seed.
 *
 * Money comes as it does in life: numbered feeds with repetitions, swapped neighbours and late records, and among them records
 * that cannot be used. The truth is the topic itself: whatever a broker has acknowledged is an accepted input.
 * Depends on the material.
 */
import { partitionOf } from '../../../pipeline/runtime/distributed/topics.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { StreamName } from '../../../schemas/generated/schemas.js'
import type { CollateralTerms } from '../../bank/collateral-book.js'
import type { SimulatedDraft } from '../../people.js'
import { Random } from '../../random.js'
import { framed } from '../clients/schema-lookup.js'
import { SECOND } from '../scheduler.js'
import * as material from './material.js'
import { SecuredLending } from './secured-lending.js'

export interface PlannedRecord {
  readonly atMicros: number
  readonly stream: StreamName
  readonly partition: number
  readonly key: string
  readonly value: Uint8Array
}

export interface FeedPlan {
  readonly groups: readonly string[]
  readonly records: readonly PlannedRecord[]
  /** Movements that a group must have booked at the end, minor units by `GROUP/ACCOUNT`, opening included. */
  readonly balances: ReadonlyMap<string, number>
  /** What a lender knows of the groups whose facility is secured; times are microseconds of the simulation. */
  readonly secured: CollateralTerms
}

export interface FeedOptions {
  readonly seed: number
  readonly partitions: number
  readonly groups: number
  readonly startMicros: number
  readonly activeMicros: number
  /** Mean time between two movements of a group. */
  readonly movementEveryMicros: number
}

const QUOTE_EVERY_MICROS = 20 * SECOND
const LATE = 0.05
const REPEATED = 0.05
const FAULTY_EVERY_MICROS = 30 * SECOND
/** More goes out of a group with a secured facility, so that something is drawn there. */
const SECURED_DRAIN_MINOR = 700_000_00
const MICROS_PER_DAY = 86_400_000_000

/** One of two or more groups asks people before it sends anything. */
export function isSupervised(groupId: string): boolean {
  return groupId === 'group-1'
}

export function planFeed(options: FeedOptions): FeedPlan {
  return new Planner(options).plan()
}

class Planner {
  readonly #records: PlannedRecord[] = []
  readonly #sequences = new Map<string, number>()
  readonly #balances = new Map<string, number>()
  readonly #random: Random
  readonly #today: number
  readonly #secured: SecuredLending

  constructor(private readonly options: FeedOptions) {
    this.#random = new Random('feed', options.seed)
    this.#secured = new SecuredLending(options.seed, options.groups)
    this.#today = Math.floor(options.startMicros / MICROS_PER_DAY)
  }

  plan(): FeedPlan {
    const groups = Array.from({ length: this.options.groups }, (_, index) => `group-${index}`)
    for (const draft of material.sharedDrafts(this.#today)) this.#sendToAll(0, draft)
    this.#planQuotes()
    for (const groupId of groups)
      this.#planGroup(groupId, isSupervised(groupId) ? 'supervised' : 'autonomous')
    this.#planFaulty(groups)
    const records = this.#records
      .map((record, order) => ({ record, order }))
      .sort((a, b) => a.record.atMicros - b.record.atMicros || a.order - b.order)
      .map(({ record }) => record)
    return { groups, records, balances: this.#balances, secured: this.#secured }
  }

  #planQuotes(): void {
    this.#sendToAll(0, material.quoteDraft('RATE:EUR', 'BASE_RATE', 0.02))
    let mid = 1.1
    for (let at = 0; at < this.options.activeMicros; at += QUOTE_EVERY_MICROS) {
      this.#sendToAll(at, material.quoteDraft('EUR/USD', 'FX_SPOT', mid))
      mid = Math.min(1.3, Math.max(0.9, mid + 0.01 * (this.#random.uniform() - 0.5)))
    }
  }

  #planGroup(groupId: string, mode: 'autonomous' | 'supervised'): void {
    const random = this.#random
    const begin = random.integer(0, 3 * SECOND)
    const next = this.#nextPlace(groupId, mode)
    const isBelow = next !== 'outside'
    if (isBelow) this.#planAbove(begin, groupId)
    const isSecured = this.#secured.has(groupId)
    for (const draft of material.groupDrafts(groupId, { mode, isBelow, isSecured }))
      this.#send(begin, groupId, draft)
    if (isSecured)
      for (const { atMicros, draft } of this.#secured.valuations(begin, this.options.activeMicros))
        this.#send(atMicros, groupId, draft)
    for (const draft of material.openingDrafts(groupId)) this.#send(begin + SECOND, groupId, draft)
    for (const [accountId, minor] of Object.entries(material.OPENINGS))
      this.#balances.set(`${groupId}/${accountId}`, minor)
    if (mode === 'autonomous') this.#planChange(begin + random.integer(4, 10) * SECOND, groupId, next)
    const { activeMicros, movementEveryMicros } = this.options
    let number = 0
    // After the opening balances, which would otherwise be reports of a later state than the movement's.
    for (
      let at = begin + 5 * SECOND;
      at < activeMicros;
      at += Math.ceil(random.exponential(movementEveryMicros))
    ) {
      const accountId = random.pick(material.ACCOUNTS)
      const drain = isSecured ? SECURED_DRAIN_MINOR : 0
      const amountMinor = random.integer(-1_500_000_00, 1_400_000_00) - drain
      const draft = material.movementDraft(groupId, number++, accountId, amountMinor, this.#today)
      const key = `${groupId}/${accountId}`
      this.#balances.set(key, this.#balances.get(key)! + amountMinor)
      const record = this.#make(at, groupId, draft)
      this.#push(random.chance(LATE) ? { ...record, atMicros: at + random.integer(0, 15 * SECOND) } : record)
      if (random.chance(REPEATED)) this.#push({ ...record, atMicros: at + random.integer(0, 10 * SECOND) })
      if (random.chance(0.01)) this.#planHold(at, groupId, number, accountId)
      if (random.chance(0.02)) this.#planKill(at, groupId, number, accountId)
    }
  }

  /** Some groups have a policy above theirs, and in some of these the next version is looser or leaves the tree. */
  #nextPlace(groupId: string, mode: 'autonomous' | 'supervised'): material.NextPlace {
    if (mode === 'supervised') return 'outside'
    return new Random('tree', this.options.seed, groupId).pick(['outside', 'below', 'looser', 'leaving'])
  }

  /** Mostly it comes before what names it; now and then the first policy has to be taken without. */
  #planAbove(begin: number, groupId: string): void {
    const isLate = new Random('above', this.options.seed, groupId).chance(0.2)
    this.#send(isLate ? begin + 3 * SECOND : begin, groupId, material.aboveDraft())
  }

  /**
   * A second version of the policy, from its proposal to its end. In some worlds the risk officer says nothing, or whoever proposed it says
   * yes: then it must not decide anything. Nor may one that is looser than what is above.
   */
  #planChange(begin: number, groupId: string, place: material.NextPlace): void {
    const random = this.#random
    const { policy, manifest, digest } = material.changeOf(groupId, place)
    const subject = 'change:second'
    const at = (seconds: number): number => begin + seconds * SECOND
    const order = (
      seconds: number,
      draft: Pick<SimulatedDraft, 'author' | 'kind'> & { detail?: string },
      keyOf = draft.author,
    ) => this.#command(at(seconds), groupId, { ...draft, subject, digest, nonce: `change ${seconds}` }, keyOf)
    const activate = (seconds: number, stage: string) =>
      order(seconds, { author: 'paul', kind: 'ACTIVATE', detail: JSON.stringify({ stage }) })
    this.#send(at(0), groupId, policy)
    order(1, { author: 'paul', kind: 'PROPOSE', detail: manifest })
    order(3, { author: 'anna', kind: 'APPROVE' })
    if (random.chance(0.7)) order(4, { author: 'rosa', kind: 'APPROVE' })
    else order(4, { author: 'rosa', kind: 'APPROVE' }, 'paul')
    activate(6, 'shadow')
    activate(random.integer(12, 20), 'canary')
    if (random.chance(0.5)) order(30, { author: 'olga', kind: 'ROLLBACK' })
    else activate(31, 'full')
  }

  /** One person holds an account and releases it. */
  #planHold(at: number, groupId: string, number: number, accountId: string): void {
    const subject = `account:${accountId}`
    this.#command(at, groupId, { author: 'olga', kind: 'HOLD', subject, nonce: `hold ${number}` })
    const later = at + 20 * SECOND
    this.#command(later, groupId, { author: 'omar', kind: 'RELEASE', subject, nonce: `release ${number}` })
  }

  /** One person kills, two lift it; before them comes a forgery, which must lift nothing. */
  #planKill(at: number, groupId: string, number: number, accountId: string): void {
    const subject = this.#random.pick([
      `account:${accountId}`,
      `group:${groupId}`,
      'instruction-kind:TRANSFER',
    ])
    const kill = this.#command(at, groupId, {
      author: 'anna',
      kind: 'KILL',
      subject,
      nonce: `kill ${number}`,
    })
    const lift = { kind: 'LIFT', subject: `kill:${kill.id}` } as const
    const forged = { ...lift, author: 'axel', nonce: `forged ${number}` }
    this.#command(at + 10 * SECOND, groupId, forged, 'olga')
    // Now and then the second person never comes, and the kill stays to the end.
    const second = this.#random.chance(0.5) ? 'ada' : 'rosa'
    for (const [seconds, author] of [
      [12, 'rosa'],
      [14, 'rosa'],
      [30, second],
    ] as const)
      this.#command(at + seconds * SECOND, groupId, { ...lift, author, nonce: `lift ${number} ${seconds}` })
  }

  #command(
    at: number,
    groupId: string,
    draft: Omit<SimulatedDraft, 'reason' | 'groupId' | 'atMicros'>,
    keyOf = draft.author,
  ) {
    const atMicros = this.options.startMicros + at
    const made = material.commandDraft({ ...draft, groupId, atMicros }, keyOf)
    this.#send(at, groupId, made)
    return made
  }

  /** Records that nobody can use: each ends as one dead letter. */
  #planFaulty(groups: readonly string[]): void {
    const random = this.#random
    const { partitions, activeMicros } = this.options
    for (let at = 8 * SECOND; at < activeMicros; at += Math.ceil(random.exponential(FAULTY_EVERY_MICROS))) {
      const groupId = random.pick(groups)
      const good = this.#make(
        at,
        groupId,
        material.movementDraft(groupId, 1_000_000 + at, 'OPERATING', 1, this.#today),
      )
      const bytes = Buffer.from(good.value)
      const which = random.integer(0, 4)
      if (which === 0) this.#push({ ...good, value: bytes.subarray(5) })
      else if (which === 1) {
        bytes.writeUInt32BE(9_999, 1)
        this.#push({ ...good, value: bytes })
      } else if (which === 2) this.#push({ ...good, value: bytes.subarray(0, bytes.length - 3) })
      else if (which === 3) this.#push({ ...good, partition: (good.partition + 1) % partitions })
      else this.#send(at, 'nobody', material.movementDraft('nobody', at, 'OPERATING', 1, this.#today))
    }
  }

  #sendToAll(atMicros: number, draft: material.Draft): void {
    const record = this.#make(atMicros, '*', draft)
    for (let partition = 0; partition < this.options.partitions; partition++)
      this.#push({ ...record, partition })
  }

  #send(atMicros: number, groupId: string, draft: material.Draft): void {
    this.#push(this.#make(atMicros, groupId, draft))
  }

  #make(atMicros: number, groupId: string, { stream, name, fields }: material.Draft): PlannedRecord {
    const sourceId = stream === 'cash-movement' || stream === 'balance-report' ? 'bank-statement' : stream
    const feed = `${groupId}/${sourceId}`
    const sourceSequence = this.#sequences.get(feed) ?? 0
    this.#sequences.set(feed, sourceSequence + 1)
    const eventTime = this.options.startMicros + atMicros
    const record = { groupId, sourceId, sourceSequence, eventTime, ...fields }
    const isEvent = stream === 'cash-movement' || stream === 'balance-report' || stream === 'command'
    return {
      atMicros,
      stream,
      partition: partitionOf(groupId, this.options.partitions),
      key: isEvent ? groupId : `${groupId}/${name}`,
      value: framed(stream, encodeRecord(stream, record as never)),
    }
  }

  #push(record: PlannedRecord): void {
    this.#records.push(record)
  }
}
