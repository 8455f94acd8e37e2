/**
 * The schema registry behind its port: it answers after a while, and not at all while it is gone.
 *
 * Depends on the generated schemas and the network.
 */

import { PendingOperation } from '../../../pipeline/runtime/distributed/pending-operation.js'
import type { Operation, SchemaLookup } from '../../../pipeline/runtime/distributed/ports.js'
import { SCHEMA_JSON, type StreamName } from '../../../schemas/generated/schemas.js'
import { faultOf } from '../fault-of.js'
import { type Network, request } from '../network.js'
import type { Process } from '../process.js'
import { SECOND } from '../scheduler.js'

const TIMEOUT_MICROS = 2 * SECOND
const WITHOUT_SCHEMA_MICROS = 1 * SECOND
const streams = Object.keys(SCHEMA_JSON) as StreamName[]

/** Id under which the registry knows the current schema of a stream; 0 for none. */
export function schemaIdOf(stream: string): number {
  // Instructions that are asked about are instructions.
  const name = stream === 'instruction-query' ? 'instruction' : stream
  return streams.indexOf(name as StreamName) + 1
}

/** The wire format of Confluent: a zero byte, the id of the schema, the record. */
export function framed(stream: string, record: Uint8Array): Buffer {
  const framedRecord = Buffer.alloc(5 + record.length)
  framedRecord.writeUInt32BE(schemaIdOf(stream), 1)
  framedRecord.set(record, 5)
  return framedRecord
}

export class SimulatedSchemaLookup implements SchemaLookup {
  readonly #standsUntil = new Map<number, number>()
  readonly #asked = new Map<number, PendingOperation<string | undefined>>()

  constructor(
    private readonly network: Network,
    private readonly process: Process,
    private readonly bell: () => void,
  ) {}

  schemaOf(id: number): Operation<string | undefined> {
    const known = this.#asked.get(id)
    const { nowMicros } = this.process.scheduler
    if (known !== undefined && nowMicros < (this.#standsUntil.get(id) ?? Number.POSITIVE_INFINITY))
      return known
    this.#standsUntil.delete(id)
    const operation = new PendingOperation<string | undefined>({ ring: this.bell })
    this.#asked.set(id, operation)
    request<string | undefined | 'none'>(this.network, this.process, {
      to: 'registry',
      label: `schema ${id}`,
      timeoutMicros: TIMEOUT_MICROS,
      serve: (answer) => answer(streams[id - 1] === undefined ? 'none' : SCHEMA_JSON[streams[id - 1]]),
      settle: (answer) => {
        // What is no schema stands for a while, so that a registry is not asked for each record.
        if (answer === undefined || answer === 'none')
          this.#standsUntil.set(id, this.process.scheduler.nowMicros + WITHOUT_SCHEMA_MICROS)
        if (answer === undefined)
          operation.fail(faultOf('retriable', 'the registry does not answer', 'WEIR_REGISTRY'))
        else operation.succeed(answer === 'none' ? undefined : answer)
      },
    })
    return operation
  }

  idOfStream(stream: string): number {
    return schemaIdOf(stream)
  }
}
