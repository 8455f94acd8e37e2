/**
 * People who approve the plans of supervised groups, as a process: they read the committed decisions and answer, mostly.
 *
 * Some answer late, some alone where two are asked, some reject, and among the approvals are forgeries and approvals of something else, which
 * must count for nothing. Depends on cluster, network and the simulated people.
 */
import { formatUuid, isNoId, toHex } from '../../pipeline/identity.js'
import { decodeRecord, encodeRecord } from '../../schemas/avro/registry.js'
import type { Decision } from '../../schemas/generated/types.js'
import { type SimulatedDraft, signAs } from '../people.js'
import { Random } from '../random.js'
import { Fetcher, type World } from './clients/fetcher.js'
import { framed } from './clients/schema-lookup.js'
import { Process } from './process.js'
import { Producer } from './producer.js'
import { MILLISECOND, SECOND } from './scheduler.js'

export interface ApproverOptions {
  readonly topics: { readonly decision: string; readonly command: string }
  readonly partitions: number
  readonly startMicros: number
  /** Groups whose plans wait for people. */
  readonly groups: ReadonlySet<string>
}

const THINKING_MICROS = { least: 200 * MILLISECOND, most: 15 * SECOND }
/** Longer than any policy of the simulation waits. */
const LATE_MICROS = 90 * SECOND
const DECISIONS_AT_ONCE = 64

export class Approvers {
  readonly #random: Random
  readonly #process: Process
  readonly #producer: Producer
  readonly #fetchers: Fetcher[] = []
  /** Answers that people have in mind. */
  #thinking = 0
  #sent = 0

  constructor(
    private readonly world: World,
    private readonly options: ApproverOptions,
  ) {
    this.#random = new Random('approvers', world.seed)
    this.#process = new Process('approvers', world.cluster.scheduler)
    this.#producer = new Producer(world, this.#process)
    for (let partition = 0; partition < options.partitions; partition++) {
      const from = new Map([[options.topics.decision, 0]])
      const bell = (): void => this.#read(fetcher)
      const fetcher: Fetcher = new Fetcher(world, this.#process, partition, from, bell)
      this.#fetchers.push(fetcher)
    }
  }

  get idle(): boolean {
    return (
      this.#thinking === 0 && this.#producer.underWay === 0 && this.#fetchers.every((one) => one.lag() === 0)
    )
  }

  #read(fetcher: Fetcher): void {
    for (const { value } of fetcher.poll(DECISIONS_AT_ONCE)) {
      const decision = decodeRecord('decision', Buffer.from(value!).subarray(5))
      if (this.options.groups.has(decision.groupId) && !isNoId(decision.planDigest)) this.#consider(decision)
    }
  }

  #consider(decision: Decision): void {
    const random = this.#random
    const { groupId, planDigest: digest } = decision
    const subject = `decision:${formatUuid(toHex(decision.decisionId))}`
    const approve = { kind: 'APPROVE', groupId, subject, digest } as const
    const other = Buffer.from(digest)
    other[0] ^= 1
    if (random.chance(0.2)) this.#answer({ ...approve, author: 'abel' }, 'olga')
    if (random.chance(0.2)) this.#answer({ ...approve, author: 'abel', digest: other })
    if (random.chance(0.1)) {
      this.#answer({ ...approve, kind: 'REJECT', author: 'rosa' })
      return
    }
    this.#answer({ ...approve, author: 'anna' })
    if (random.chance(0.2)) this.#answer({ ...approve, author: 'anna' })
    if (random.chance(0.85))
      this.#answer({ ...approve, author: 'rosa' }, 'rosa', random.chance(0.1) ? LATE_MICROS : 0)
  }

  #answer(
    draft: Omit<SimulatedDraft, 'atMicros' | 'reason'>,
    keyOf: string = draft.author,
    laterMicros = 0,
  ): void {
    const { least, most } = THINKING_MICROS
    const { command } = this.options.topics
    this.#thinking++
    this.#process.after(laterMicros + this.#random.integer(least, most), 'a person answers', () => {
      this.#thinking--
      const atMicros = this.options.startMicros + this.world.cluster.scheduler.nowMicros
      const nonce = String(this.#sent++)
      const signed = signAs({ reason: 'simulated', nonce, ...draft, atMicros }, keyOf)
      const record = { ...signed, sourceId: 'approvals', sourceSequence: -1 }
      this.#producer.send(command, draft.groupId, framed('command', encodeRecord('command', record)))
    })
  }
}
