/**
 * Reads the inputs of a cycle: finds the decoder of their source and turns bytes into facts and records.
 *
 * Depends on `schemas/avro`. A payload that cannot be decoded is a `Refusal`, never an error.
 */
import avro from 'avsc'
import { SCHEMA_JSON, type StreamName } from '../../schemas/generated/schemas.js'
import type {
  BalanceReport,
  CashMovement,
  CycleInput,
  Execution,
  ExpectedFlow,
  Quote,
  SourceDeclaration,
} from '../../schemas/generated/types.js'
import { invariant } from '../errors.js'
import { isNoId, toHex } from '../identity.js'
import { FILE_FAULT_STREAM } from '../ports.js'
import { type DecodedInput, type IdWords, type InputBody, STREAM_ORDER } from './decoded-input.js'
import { Refusal, type RefusalReason } from './outcome.js'

interface Source {
  readonly stream: string
  readonly name: string
  readonly type: avro.Type | undefined
  readonly resolver: unknown
}

export class InputReader {
  private readonly sources: Source[] = []

  declare(declaration: SourceDeclaration): void {
    const { source, stream, name, writerSchema } = declaration
    if (source < this.sources.length) return
    invariant(source === this.sources.length, `source ${source} declared after ${this.sources.length - 1}`)
    if (!(stream in STREAM_ORDER)) {
      this.sources.push({ stream, name, type: undefined, resolver: undefined })
      return
    }
    const type = avro.Type.forSchema(JSON.parse(SCHEMA_JSON[stream as StreamName]) as avro.Schema)
    const writer = avro.Type.forSchema(JSON.parse(writerSchema) as avro.Schema)
    this.sources.push({ stream, name, type, resolver: type.createResolver(writer) })
  }

  describe(source: number): { readonly stream: string; readonly name: string } {
    return this.sources[source] ?? { stream: '', name: `source ${source}` }
  }

  read(input: CycleInput, index: number): DecodedInput {
    const source = this.sources[input.source]
    invariant(source !== undefined, `source ${input.source} was not declared`)
    if (source.type === undefined) throw fileFault(source, input)
    let record: unknown
    try {
      record = source.type.fromBuffer(Buffer.from(input.payload), source.resolver as never)
    } catch (cause) {
      throw new Refusal('undecodable', String(cause))
    }
    return decoded(source.stream as InputBody['stream'], record as Header, input, index)
  }
}

interface Header {
  readonly sourceId: string
  readonly sourceSequence: number
  readonly eventTime: number
}

function fileFault(source: Source, input: CycleInput): Refusal {
  if (source.stream !== FILE_FAULT_STREAM) return new Refusal('unsupported-stream', `stream ${source.stream}`)
  const fault = JSON.parse(Buffer.from(input.payload).toString('utf8')) as { reason: string; detail: string }
  return new Refusal(fault.reason as RefusalReason, fault.detail)
}

function decoded(
  stream: InputBody['stream'],
  record: Header,
  input: CycleInput,
  index: number,
): DecodedInput {
  return {
    index,
    source: input.source,
    position: input.position,
    eventTimeMicros: record.eventTime,
    feedId: record.sourceId,
    sequence: record.sourceSequence,
    id: idOf(stream, record),
    body: bodyOf(stream, record),
  }
}

function idOf(stream: InputBody['stream'], record: unknown): IdWords | undefined {
  if (stream === 'cash-movement') return words((record as CashMovement).movementId)
  if (stream === 'balance-report') return words((record as BalanceReport).reportId)
  if (stream === 'execution') return words((record as Execution).executionId)
  if (stream === 'command') return words((record as { commandId: Uint8Array }).commandId)
  return undefined
}

function words(id: Uint8Array): IdWords {
  const view = new DataView(id.buffer, id.byteOffset, 16)
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)]
}

function bodyOf(stream: InputBody['stream'], record: unknown): InputBody {
  if (stream === 'cash-movement') {
    const movement = record as CashMovement
    const expectedFlowHex = isNoId(movement.expectedFlowId) ? '' : toHex(movement.expectedFlowId)
    return { stream, facts: { ...movement, expectedFlowHex, eventTimeMicros: movement.eventTime } }
  }
  if (stream === 'balance-report') {
    const report = record as BalanceReport
    return { stream, facts: { ...report, eventTimeMicros: report.eventTime } }
  }
  if (stream === 'quote') {
    const quote = record as Quote
    return {
      stream,
      quote: {
        instrument: quote.instrument,
        kind: quote.kind,
        mid: quote.mid,
        halfSpreadBp: [quote.halfSpread1Bp, quote.halfSpread2Bp, quote.halfSpread3Bp],
        depthMinor: [quote.depth1Minor, quote.depth2Minor],
        eventTimeMicros: quote.eventTime,
      },
    }
  }
  return { stream, record: record as ExpectedFlow } as InputBody
}
