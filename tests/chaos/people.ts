/**
 * People in the chaos: they kill and lift, hold and release, and answer the plans of supervised groups, at random, by the real command topic while
 * things break. Their commands are those of the simulated people; what became of them the audit finds in the journal.
 *
 * Depends on the sender, the reader of committed records and the simulated people.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { WeirError } from '../../pipeline/errors.js'
import { formatUuid, isNoId, toHex } from '../../pipeline/identity.js'
import { partitionOf, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { CommittedReader } from '../../pipeline/runtime/kafka/files/committed-reader.js'
import { recordKey } from '../../pipeline/runtime/kafka/files/record-key.js'
import { Sender } from '../../pipeline/runtime/kafka/files/sender.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import type { SchemaSource } from '../../pipeline/runtime/registry/schema-source.js'
import { type SimulatedDraft, signAs } from '../../sandbox/people.js'
import type { Random } from '../../sandbox/random.js'
import { decodeRecord, encodeRecord } from '../../schemas/avro/registry.js'
import { frameRecord, WIRE_HEADER_BYTES } from '../../schemas/avro/wire-format.js'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import type { Decision } from '../../schemas/generated/types.js'

export interface ChaosPeopleOptions {
  readonly settings: KafkaSettings
  readonly schemas: SchemaSource
  readonly random: Random
  /** Told of what they do. */
  readonly note: (what: string) => void
}

type Draft = Omit<SimulatedDraft, 'atMicros' | 'reason' | 'nonce'>

const CALM_MS = { least: 500, most: 3_000 }
const DISTURBED_MS = { least: 500, most: 5_000 }
/** Brokers that hang are back long before: each attempt takes as long as the sender's own bound. */
const ATTEMPTS = 5
const RETRY_MS = 1_000

export class ChaosPeople {
  readonly #options: ChaosPeopleOptions
  readonly #stop = new AbortController()
  readonly #answered = new Set<string>()
  #sender: Sender | undefined
  /** One after the other: who finds the sender broken makes another. */
  #sending: Promise<unknown> = Promise.resolve()
  #sent = 0
  #isFinishing = false
  #acting: Promise<void> = Promise.resolve()
  #answering: Promise<void> = Promise.resolve()
  /** Why they could not go on. */
  failure: string | undefined

  constructor(options: ChaosPeopleOptions) {
    this.#options = options
  }

  start(groups: readonly string[], supervised: readonly string[]): void {
    const told = (error: unknown): void => {
      this.failure ??= error instanceof WeirError ? error.toLine() : String(error)
    }
    this.#acting = this.#act(groups).catch(told)
    this.#answering = this.#answer(new Set(supervised)).catch(told)
  }

  /** Lifts and releases what is left, and from now on says yes to every plan, so that everything comes to its end. */
  async finish(): Promise<void> {
    this.#isFinishing = true
    await this.#acting
  }

  async close(): Promise<void> {
    this.#isFinishing = true
    this.#stop.abort()
    await Promise.all([this.#acting, this.#answering])
    await this.#sender?.close()
  }

  async #act(groups: readonly string[]): Promise<void> {
    const { random, note } = this.#options
    while (!this.#isFinishing) {
      await this.#pause(CALM_MS)
      if (this.#isFinishing) return
      const groupId = random.pick(groups)
      const account = `account:${random.pick(['OPERATING', 'PAYROLL', 'DOLLARS'])}`
      if (random.chance(0.6)) {
        const subject = random.pick([`group:${groupId}`, account, 'all', 'instruction-kind:TRANSFER'])
        note(`people kill ${subject} in ${groupId}`)
        const kill = await this.#send({ kind: 'KILL', subject, groupId, author: 'olga' })
        await this.#pause(DISTURBED_MS)
        for (const author of ['rosa', 'ada'])
          await this.#send({ kind: 'LIFT', subject: `kill:${formatUuid(toHex(kill))}`, groupId, author })
      } else {
        note(`people hold ${account} in ${groupId}`)
        await this.#send({ kind: 'HOLD', subject: account, groupId, author: 'olga' })
        await this.#pause(DISTURBED_MS)
        await this.#send({ kind: 'RELEASE', subject: account, groupId, author: 'omar' })
      }
    }
  }

  /** Follows the committed decisions; one whose reader fails begins anew and passes over what it has answered. */
  async #answer(supervised: ReadonlySet<string>): Promise<void> {
    const { settings } = this.#options
    const { signal } = this.#stop
    const topic = topicOf(settings.topicPrefix, 'decision')
    while (!signal.aborted) {
      let reader: CommittedReader | undefined
      try {
        reader = await CommittedReader.open({
          settings,
          topic,
          from: 'beginning',
          partition: undefined,
          untilEnd: false,
          signal,
        })
        for await (const batch of reader.batches()) {
          const latest = latestPlans(batch, supervised)
          await Promise.all(latest.map((decision) => this.#consider(decision)))
        }
      } catch (error) {
        if (!(error instanceof WeirError)) throw error
        await pause(RETRY_MS)
      } finally {
        await reader?.close()
      }
    }
  }

  /** Most plans get both voices; some are rejected, some never get the second. */
  async #consider({ decisionId, groupId, planDigest: digest }: Decision): Promise<void> {
    const id = toHex(decisionId)
    if (this.#answered.has(id)) return
    this.#answered.add(id)
    const { random } = this.#options
    const voice = { groupId, subject: `decision:${formatUuid(id)}`, digest }
    const [rejects, isAlone] = [random.chance(0.1), random.chance(0.15)]
    if (rejects && !this.#isFinishing) {
      await this.#send({ ...voice, kind: 'REJECT', author: 'rosa' })
      return
    }
    const says = (author: string, keyOf = author) => this.#send({ ...voice, kind: 'APPROVE', author }, keyOf)
    // A forgery must count for nothing.
    const forged = isAlone ? [says('remy', 'olga')] : []
    const second = !isAlone || this.#isFinishing ? [says('rosa')] : []
    await Promise.all([...forged, says('anna'), ...second])
  }

  /** @returns the id of the command, once all copies have it; written twice, it is taken once */
  #send(draft: Draft, keyOf?: string): Promise<Uint8Array> {
    const atMicros = Date.now() * 1_000
    const signed = signAs({ reason: 'chaos', nonce: String(this.#sent++), ...draft, atMicros }, keyOf)
    const bytes = encodeRecord('command', { ...signed, sourceId: 'people', sourceSequence: -1 })
    const sending = this.#sending.then(() => this.#deliver(draft.groupId, bytes))
    this.#sending = sending.catch(() => undefined)
    return sending.then(() => signed.commandId)
  }

  async #deliver(groupId: string, bytes: Buffer): Promise<void> {
    const { settings, schemas } = this.#options
    const topic = topicOf(settings.topicPrefix, 'command')
    const value = frameRecord(await schemas.idFor('command', SCHEMA_JSON.command), bytes)
    const partition = partitionOf(groupId, settings.partitions)
    for (let attempt = 1; ; attempt++) {
      try {
        this.#sender ??= await Sender.open(settings)
        this.#sender.send({ topic, partition, key: recordKey(groupId, undefined), value, place: topic })
        await this.#sender.flush()
        return
      } catch (error) {
        await this.#sender?.close().catch(() => undefined)
        this.#sender = undefined
        if (attempt === ATTEMPTS) throw error
        await pause(RETRY_MS)
      }
    }
  }

  #pause({ least, most }: { readonly least: number; readonly most: number }): Promise<void> {
    return pause(this.#options.random.integer(least, most))
  }
}

/** Of each supervised group: a plan that another has taken the place of needs no answer. */
function latestPlans(
  batch: readonly { readonly value: Buffer | null }[],
  supervised: ReadonlySet<string>,
): Decision[] {
  const latest = new Map<string, Decision>()
  for (const { value } of batch) {
    if (value === null) continue
    const decision = decodeRecord('decision', value.subarray(WIRE_HEADER_BYTES))
    if (supervised.has(decision.groupId) && !isNoId(decision.planDigest))
      latest.set(decision.groupId, decision)
  }
  return [...latest.values()]
}
