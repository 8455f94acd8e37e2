/**
 * What an instance asks of a cluster before it starts: its topics, and the members of the group.
 *
 * Unlike the ports this is asked and awaited. Every failure is a `WeirError`. Depends on the native client.
 */
import type { IAdminClient } from '@confluentinc/kafka-javascript'
import { loadKafka, newClient, Refusals } from './client.js'
import { brokerFault } from './faults.js'
import { tokenOf } from './oauth-token.js'
import { adminProperties } from './properties.js'
import type { KafkaSettings } from './settings.js'

export interface PartitionDescription {
  readonly partition: number
  /** Broker that leads it; -1 while there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

export interface TopicDescription {
  readonly name: string
  readonly exists: boolean
  /** Differs for a topic that was removed and made again; empty for one that does not exist. */
  readonly topicId: string
  readonly partitions: readonly PartitionDescription[]
}

export interface TopicSpecification {
  readonly name: string
  readonly partitions: number
  readonly replication: number
  readonly configs: Readonly<Record<string, string>>
}

export interface TopicOutcome {
  readonly name: string
  /** `exists` also when another process made it in the meantime. */
  readonly outcome: 'created' | 'exists'
}

export interface GroupMember {
  readonly instance: string
  readonly host: string
  readonly partitions: ReadonlyMap<string, readonly number[]>
}

export interface KafkaAdmin {
  describeTopics(names: readonly string[]): Promise<readonly TopicDescription[]>
  createTopics(topics: readonly TopicSpecification[]): Promise<readonly TopicOutcome[]>
  groupMembers(group: string): Promise<readonly GroupMember[]>
  close(): Promise<void>
}

const REQUEST_TIMEOUT_MS = 10_000

const UNKNOWN_TOPIC = 3
const TOPIC_ALREADY_EXISTS = 36

/** Throws `WEIR_MISSING_PART` without the client, `WEIR_CONFIG` when it refuses a property. */
export async function openAdmin(settings: KafkaSettings): Promise<KafkaAdmin> {
  const { AdminClient } = await loadKafka()
  const refusals = new Refusals()
  const admin = newClient((made) => AdminClient.create(made), adminProperties(settings), settings)
  refusals.watch(admin)
  giveToken(admin, settings)
  return new Admin(settings, admin, refusals)
}

interface TokenTaker {
  setOAuthBearerToken(
    token: string,
    lifetimeMs: number,
    principal: string,
    extensions: readonly string[],
  ): void
}

/**
 * The client never asks for the token of an administration, and every request of it would run into its timeout (client 1.10.1).
 * It lives for a few requests, so the token that is there now is enough.
 */
function giveToken(admin: IAdminClient, { sasl }: KafkaSettings): void {
  if (sasl?.mechanism !== 'OAUTHBEARER' || !('tokenFile' in sasl)) return
  const { tokenValue, lifetime, principal } = tokenOf(sasl.tokenFile)
  const { _client: client } = admin as unknown as { readonly _client: TokenTaker }
  client.setOAuthBearerToken(tokenValue, lifetime, principal, [])
}

type Callback<T> = (error: unknown, result: T) => void

class Admin implements KafkaAdmin {
  readonly #settings: KafkaSettings
  readonly #admin: IAdminClient
  readonly #refusals: Refusals

  constructor(settings: KafkaSettings, admin: IAdminClient, refusals: Refusals) {
    this.#settings = settings
    this.#admin = admin
    this.#refusals = refusals
  }

  async describeTopics(names: readonly string[]): Promise<readonly TopicDescription[]> {
    if (names.length === 0) return []
    const options = { timeout: REQUEST_TIMEOUT_MS }
    const found = await this.#ask<readonly DescribedTopic[]>('topics cannot be described', (done) =>
      this.#admin.describeTopics([...names], options, done as never),
    )
    return found.map((topic) => {
      const failure = topic.error
      if (failure !== undefined && failure.code !== 0 && failure.code !== UNKNOWN_TOPIC)
        throw brokerFault(failure, 'the topic cannot be described', topic.name).error
      const exists = failure === undefined || failure.code === 0
      return {
        name: topic.name,
        exists,
        topicId: exists ? String((topic.topicId as unknown as { readonly base64: string }).base64) : '',
        partitions: exists ? topic.partitions.map(partitionOf) : [],
      }
    })
  }

  async createTopics(topics: readonly TopicSpecification[]): Promise<readonly TopicOutcome[]> {
    // One after the other: a topic that is refused then leaves a clear picture of what was made before it.
    const outcomes: TopicOutcome[] = []
    for (const topic of topics) outcomes.push(await this.#create(topic))
    return outcomes
  }

  async #create(topic: TopicSpecification): Promise<TopicOutcome> {
    const { name, partitions, replication, configs } = topic
    const wanted = {
      topic: name,
      num_partitions: partitions,
      replication_factor: replication,
      config: { ...configs },
    }
    const outcome = await new Promise<unknown>((resolve) => {
      this.#admin.createTopic(wanted, REQUEST_TIMEOUT_MS, resolve)
    })
    if (!outcome) return { name, outcome: 'created' }
    if ((outcome as { code?: number }).code === TOPIC_ALREADY_EXISTS) return { name, outcome: 'exists' }
    throw brokerFault(this.#refusals.reasonFor(outcome), 'the topic cannot be made', name).error
  }

  async groupMembers(group: string): Promise<readonly GroupMember[]> {
    const options = { timeout: REQUEST_TIMEOUT_MS }
    // Describing a group that has no coordinator, as on a cluster that never had one, ends the whole process inside the client.
    const listed = await this.#ask<GroupsListed>('the groups cannot be listed', (done) =>
      this.#admin.listGroups(options, done as never),
    )
    if (!listed.groups.some(({ groupId }) => groupId === group)) return []
    const { groups } = await this.#ask<GroupsFound>('the group cannot be described', (done) =>
      this.#admin.describeGroups([group], options, done as never),
    )
    return groups.flatMap(({ members }) => members.map(memberOf))
  }

  async close(): Promise<void> {
    this.#admin.disconnect()
  }

  #ask<T>(doing: string, ask: (done: Callback<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      ask((error, result) => {
        if (error) reject(brokerFault(this.#refusals.reasonFor(error), doing, this.#place).error)
        else resolve(result)
      })
    })
  }

  get #place(): string {
    return `Kafka at ${this.#settings.bootstrapServers.join(',')}`
  }
}

type DescribedTopic = import('@confluentinc/kafka-javascript').TopicDescription
type DescribedMember = import('@confluentinc/kafka-javascript').MemberDescription
type GroupsListed = { readonly groups: readonly { readonly groupId: string }[] }
type GroupsFound = import('@confluentinc/kafka-javascript').GroupDescriptions

function partitionOf(found: DescribedTopic['partitions'][number]): PartitionDescription {
  return {
    partition: found.partition,
    leader: found.leader?.id ?? -1,
    replicas: found.replicas.map(({ id }) => id),
    inSync: found.isr.map(({ id }) => id),
  }
}

function memberOf(found: DescribedMember): GroupMember {
  const partitions = new Map<string, number[]>()
  for (const { topic, partition } of found.assignment.topicPartitions)
    partitions.set(topic, [...(partitions.get(topic) ?? []), partition])
  return { instance: found.clientId, host: found.clientHost, partitions }
}
