/**
 * Asks the brokers where topics begin and end, for many partitions at once.
 * Depends on the client.
 */
import type { IAdminClient, ListOffsetsResult, OffsetSpec } from '@confluentinc/kafka-javascript'
import type { ConsumerClient, Library } from './client.js'

/** Longest wait for the answers of the leaders; it holds a thread of the process meanwhile. */
const SURVEY_TIMEOUT_MS = 3000

export interface Extent {
  readonly topic: string
  readonly partition: number
  readonly begin: number
  readonly end: number
  /** The client's error, when the partition's leader refused to answer. */
  readonly error: unknown
}

export interface AskedPartition {
  readonly topic: string
  readonly partition: number
}

/** End of a partition: of all records, or of those whose transactions are decided. */
export type EndKind = 'written' | 'readable'

/** Shares the connections of a consumer, and is of no use after it. */
export class Surveyor {
  readonly #admin: IAdminClient
  readonly #client: ConsumerClient
  readonly #library: Library

  /**
   * Only while nothing of the consumer is under way on another thread: the client (1.10.1) copies its lock, and the copy of a lock that is
   * held at that moment stays held for ever; every survey would then keep a thread of the process.
   */
  constructor(library: Library, client: ConsumerClient) {
    this.#library = library
    this.#client = client
    this.#admin = library.AdminClient.createFrom(client)
  }

  /** Where the partitions begin and end, in the order asked. */
  async survey(partitions: readonly AskedPartition[], kind: EndKind): Promise<readonly Extent[]> {
    const { OffsetSpec } = this.#library
    const [begins, ends] = await Promise.all([
      this.#ask(partitions, OffsetSpec.EARLIEST, kind),
      this.#ask(partitions, OffsetSpec.LATEST, kind),
    ])
    const extents = partitions.map(({ topic, partition }) => {
      const begin = begins.get(`${topic}/${partition}`)
      const end = ends.get(`${topic}/${partition}`)
      const error = failureOf(begin) ?? failureOf(end)
      return { topic, partition, begin: begin?.offset ?? -1, end: end?.offset ?? -1, error }
    })
    if (extents.some(({ error }) => error !== undefined)) await this.#learnLeaders()
    return extents
  }

  /**
   * Has the client ask who leads its topics. By itself it does so for a leader that is another or away, but not for one that is the same
   * in a later epoch (librdkafka 2.15.1, `rd_kafka_admin_result_err_refresh`): every survey would be refused until it looks at its topics
   * of its own accord, five minutes later. What it learns serves the next survey; a failure is told by that one.
   */
  #learnLeaders(): Promise<void> {
    const options = { allTopics: false, timeout: SURVEY_TIMEOUT_MS }
    return new Promise((resolve) => {
      this.#client.getMetadata(options, () => resolve())
    })
  }

  #ask(partitions: readonly AskedPartition[], offset: OffsetSpec, kind: EndKind): Promise<Answers> {
    const { IsolationLevel } = this.#library
    const isolationLevel =
      kind === 'readable' ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED
    const asked = partitions.map(({ topic, partition }) => ({ topic, partition, offset }))
    return new Promise((resolve, reject) => {
      this.#admin.listOffsets(asked, { timeout: SURVEY_TIMEOUT_MS, isolationLevel }, (error, result) => {
        if (error) reject(error)
        else resolve(new Map(result.map((found) => [`${found.topic}/${found.partition}`, found])))
      })
    })
  }
}

type Answers = ReadonlyMap<string, ListOffsetsResult>

/** The protocol's LEADER_NOT_AVAILABLE: asking again helps. */
const NO_LEADER = 5

function failureOf(found: { readonly error?: unknown; readonly offset: number } | undefined): unknown {
  if (found === undefined) return new Error('no answer for the partition')
  const { error } = found
  const failed = typeof error === 'object' && error !== null && (error as { code?: number }).code !== 0
  if (failed) return error
  // A leader that is away or has just come leaves no error and an offset that is none; reading from there would pass over records.
  return found.offset < 0
    ? Object.assign(new Error('the leader gave no offset'), { code: NO_LEADER })
    : undefined
}
