/**
 * The bank behind a real broker: what is committed reaches it once, what is aborted never does, and no `kill -9` loses a report.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { derivedId, toHex } from '../pipeline/identity.js'
import type { Operation } from '../pipeline/runtime/distributed/ports.js'
import { partitionOf, QUERY_STREAM, type TopicStream } from '../pipeline/runtime/distributed/topics.js'
import { consumeTopic } from '../pipeline/runtime/kafka/files/consume.js'
import { KafkaWriter } from '../pipeline/runtime/kafka/writer.js'
import { openSchemaSource } from '../pipeline/runtime/registry/schema-source.js'
import { schemaJsonOf } from '../pipeline/runtime/registry/stream-schemas.js'
import { fateOf } from '../sandbox/bank/fate.js'
import { isDone, statusOf } from '../sandbox/bank/live/book.js'
import { readBook } from '../sandbox/bank/live/ledger.js'
import { encodeRecord } from '../schemas/avro/registry.js'
import { frameRecord } from '../schemas/avro/wire-format.js'
import type { Execution, Instruction } from '../schemas/generated/types.js'
import { Supervised } from './chaos/supervised.js'
import { needsKafka } from './support/kafka/availability.js'
import { type TestTopics, testTopics } from './support/kafka/topics.js'

const VENUE = 'simulated-bank'
const SEED = '7'
const BOUND_MS = 60_000

function instructionOf(number: number): Instruction {
  return {
    instructionId: derivedId('venue gateway test', number),
    decisionId: new Uint8Array(16),
    groupId: `group-${number % 5}`,
    cycle: number,
    leg: 0,
    kind: 'TRANSFER',
    channelId: 'rail',
    venueId: number % 10 === 9 ? 'another-desk' : VENUE,
    sourceAccountId: 'A',
    destinationAccountId: 'B',
    currency: 'EUR',
    amountMinor: 1_000 + number,
    counterCurrency: 'EUR',
    counterAmountMinor: 1_000 + number,
    createdAt: Date.now() * 1_000,
    expiresAt: Date.now() * 1_000 + 600_000_000,
    dependsOn: -1,
    assetId: '',
    assetParts: 0,
  }
}

const isOurs = ({ venueId }: Instruction) => venueId === VENUE
const idOf = ({ instructionId }: { readonly instructionId: Uint8Array }) => toHex(instructionId)

async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + BOUND_MS
  while (!holds()) {
    if (performance.now() > endMs) assert.fail(`not within ${BOUND_MS / 1_000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function settled(operation: Operation<void>): Promise<void> {
  await until('the broker answers', () => operation.state !== 'pending')
  if (operation.fault !== undefined) throw operation.fault.error
}

/** An owner of partition 0 that writes instructions in transactions. */
class Owner {
  #writer: KafkaWriter
  #schemaId = 0

  constructor(private readonly topics: TestTopics) {
    this.#writer = this.#newWriter()
  }

  #newWriter(): KafkaWriter {
    return new KafkaWriter(this.topics.settings, 0, { ring: () => {} })
  }

  async open(): Promise<void> {
    const schemas = openSchemaSource(undefined, this.topics.prefix)
    this.#schemaId = await schemas.idFor('instruction', schemaJsonOf('instruction'))
    schemas.close()
    await settled(this.#writer.open())
  }

  async write(
    stream: TopicStream,
    instructions: readonly Instruction[],
    end: 'commit' | 'abort',
  ): Promise<void> {
    for (const instruction of instructions)
      this.#writer.produce({
        topic: this.topics.topic(stream),
        partition: partitionOf(instruction.groupId, this.topics.settings.partitions),
        key: Buffer.from(instruction.groupId),
        value: frameRecord(this.#schemaId, encodeRecord('instruction', instruction)),
      })
    if (end === 'commit') await settled(this.#writer.commit())
    else await this.#abort()
  }

  /**
   * The client counts a partition as part of the transaction from when it asks for that. While the broker still writes the markers of the
   * transaction before, it has none yet, and refuses the abort for good: then the partition is taken over anew, as by a real owner.
   */
  async #abort(): Promise<void> {
    const aborted = this.#writer.abort()
    await until('the broker answers', () => aborted.state !== 'pending')
    if (aborted.fault === undefined) return
    assert.equal(aborted.fault.kind, 'fatal', aborted.fault.error.toLine())
    this.#writer.close()
    this.#writer = this.#newWriter()
    await settled(this.#writer.open())
  }

  close(): void {
    this.#writer.close()
  }
}

async function executionsOf(topics: TestTopics): Promise<Execution[]> {
  const executions: Execution[] = []
  const schemas = openSchemaSource(undefined, topics.prefix)
  await consumeTopic({
    settings: topics.settings,
    schemas,
    stream: 'execution',
    from: 'beginning',
    partition: undefined,
    most: 100_000,
    untilEnd: true,
    signal: new AbortController().signal,
    onRecord: ({ record }) => executions.push(record as Execution),
    onUnreadable: (_, reason) => assert.fail(reason),
  })
  schemas.close()
  return executions
}

test(
  'committed instructions are carried out once through kills of the bank, aborted ones never',
  await needsKafka(),
  async (context) => {
    const topics = await testTopics('venue', ['instruction', QUERY_STREAM, 'execution'])
    const folder = await mkdtemp(join(tmpdir(), 'weir-venue-'))
    const ledger = join(folder, 'bank.ledger')
    const flags = ['--ledger', ledger, '--time-scale', '400', '--seed', SEED]
    const bank = new Supervised('bank', ['bank', ...topics.flags, ...flags], folder)
    const owner = new Owner(topics)
    context.after(async () => {
      await bank.kill()
      owner.close()
      await rm(folder, { recursive: true, force: true })
    })
    await owner.open()
    const committed = Array.from({ length: 200 }, (_, number) => instructionOf(number))
    const aborted = Array.from({ length: 50 }, (_, number) => instructionOf(10_000 + number))
    const ours = committed.filter(isOurs)
    bank.start()
    await owner.write('instruction', committed.slice(0, 100), 'commit')
    await owner.write('instruction', aborted, 'abort')
    const book = () => readBook(ledger).book
    const taken = () => {
      try {
        return book().instructions.size
      } catch {
        // The bank has not made its ledger yet.
        return 0
      }
    }
    await until('the bank takes the first', () => taken() > 0)
    await bank.kill()
    await owner.write('instruction', committed.slice(100), 'commit')
    // The same instructions again, as after a takeover that does not know what came of them.
    await owner.write('instruction', committed.slice(0, 20), 'commit')
    bank.start()
    await until('half is taken', () => taken() > ours.length / 2)
    await bank.kill()
    bank.start()
    await until(
      'all is carried out',
      () => taken() === ours.length && [...book().instructions.values()].every(isDone),
    )

    const silent = ours.filter((instruction) => fateOf(SEED, instruction).silent)
    assert.ok(silent.length > 0, 'the test asks for a fate in silence')
    await owner.write(QUERY_STREAM, silent, 'commit')
    const told = async () =>
      new Map(
        (await executionsOf(topics))
          .filter(({ status }) => status === 'SETTLED' || status === 'REJECTED')
          .map((one) => [idOf(one), one.status]),
      )
    let fates = await told()
    for (let tries = 0; tries < 100 && fates.size < ours.length; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      fates = await told()
    }
    const inLedger = new Map([...book().instructions.values()].map((booked) => [booked.id, statusOf(booked)]))
    assert.deepEqual(
      [...inLedger.keys()].sort(),
      ours.map(idOf).sort(),
      'nothing aborted, nothing of another venue',
    )
    assert.deepEqual(new Map([...fates].sort()), new Map([...inLedger].sort()))
    const settledMinor = ours
      .filter((one) => inLedger.get(idOf(one)) === 'SETTLED')
      .reduce((sum, one) => sum + one.amountMinor, 0)
    const moved = [...book().moved].reduce(
      (sum, [key, minor]) => (key.endsWith('/B') ? sum + minor : sum),
      0n,
    )
    assert.equal(moved, BigInt(settledMinor))
    assert.deepEqual(bank.unexpected, [])
    assert.equal(await bank.end(), 130)
  },
)
