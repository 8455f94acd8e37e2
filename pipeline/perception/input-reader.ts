/**
 * Reads the inputs of a cycle: finds the decoder of their source and turns bytes into rows of facts and records.
 *
 * A payload that cannot be decoded is a `Refusal`, never an error. Depends on `schemas/avro`.
 */
import {
  createDecoder,
  describeFault,
  type RecordDecoder,
  type SlotDecoder,
} from '../../schemas/avro/decoder.js'
import type { HotStream } from '../../schemas/generated/codecs.js'
import type { StreamName } from '../../schemas/generated/schemas.js'
import type { SourceDeclaration } from '../../schemas/generated/types.js'
import { invariant, WeirError } from '../errors.js'
import { wordsOf } from '../identity.js'
import { FILE_FAULT_STREAM, type PackedInputs, RECORD_FAULT_STREAM } from '../ports.js'
import { type InputBody, STREAM_ORDER } from './decoded-input.js'
import { HotFacts } from './hot-facts.js'
import type { InputColumns } from './input-columns.js'
import { Refusal, type RefusalReason } from './outcome.js'

/** Lanes of the largest hot record, with room. */
const SLOT_LANES = 64
const LINE_FEED = 10

interface Source {
  readonly stream: string
  readonly name: string
  readonly decoder: SlotDecoder | RecordDecoder<StreamName> | undefined
  /** Why the source has no decoder. */
  readonly fault: string
}

export class InputReader {
  private readonly sources: Source[] = []
  private readonly slot = new Float64Array(SLOT_LANES)
  private readonly hotFacts = new HotFacts()

  /** Declarations come in order of number, and again after a restart. */
  declare(declaration: SourceDeclaration): void {
    const { source, stream, name } = declaration
    if (source < this.sources.length) return
    invariant(source === this.sources.length, `source ${source} declared after ${this.sources.length - 1}`)
    this.sources.push({ stream, name, ...decoderFor(declaration) })
  }

  describe(source: number): { readonly stream: string; readonly name: string } {
    return this.sources[source] ?? { stream: '', name: `source ${source}` }
  }

  /** Reads the input into its row; throws `Refusal` for a payload that is no record of its stream. */
  read(packed: PackedInputs, row: number, columns: InputColumns): void {
    const source = this.sources[packed.sources[row]!]
    invariant(source !== undefined, `source ${packed.sources[row]} was not declared`)
    const { decoder } = source
    if (decoder === undefined) throw faultOf(source, payloadOf(packed, row))
    if (decoder.kind === 'record')
      readRecord(source.stream as InputBody['stream'], decoder, payloadOf(packed, row), columns, row)
    else this.readSlot(source.stream as HotStream, decoder, packed, row, columns)
  }

  private readSlot(
    stream: HotStream,
    decoder: SlotDecoder,
    packed: PackedInputs,
    row: number,
    columns: InputColumns,
  ): void {
    const limit = packed.ends[row]!
    const end = decoder.decode(packed.bytes, packed.starts[row]!, limit, this.slot, 0)
    if (end < 0) throw new Refusal('undecodable', describeFault(end))
    if (end !== limit) throw new Refusal('undecodable', 'bytes follow the record')
    this.hotFacts.read(stream, this.slot, decoder.bytes, columns, row)
  }
}

/** The bytes of one input, as a view. */
export function payloadOf({ bytes, starts, ends }: PackedInputs, row: number): Uint8Array {
  return bytes.subarray(starts[row]!, ends[row]!)
}

function decoderFor(declaration: SourceDeclaration): Pick<Source, 'decoder' | 'fault'> {
  const { stream, writerSchema } = declaration
  if (!(stream in STREAM_ORDER)) return { decoder: undefined, fault: `${stream} is no input stream` }
  try {
    return { decoder: createDecoder(stream as StreamName, writerSchema), fault: '' }
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    return { decoder: undefined, fault: error.toLine() }
  }
}

/** Where the record as it came begins in the payload of an input of the stream. */
export function recordOffset(stream: string, payload: Uint8Array): number {
  return stream === RECORD_FAULT_STREAM ? payload.indexOf(LINE_FEED) + 1 : 0
}

/** A fault of a file or of a record that could not be taken carries its own reason; a source without a decoder refuses all its records. */
function faultOf(source: Source, payload: Uint8Array): Refusal {
  const isFault = source.stream === FILE_FAULT_STREAM || source.stream === RECORD_FAULT_STREAM
  if (!isFault) return new Refusal('unsupported-stream', source.fault)
  const record = recordOffset(source.stream, payload)
  const text = Buffer.from(payload.subarray(0, record === 0 ? payload.length : record)).toString('utf8')
  const fault = JSON.parse(text) as { reason: RefusalReason; detail: string }
  return new Refusal(fault.reason, fault.detail)
}

/** Fields that the header of every input record has; some streams add an id. */
interface Header {
  readonly sourceId: string
  readonly sourceSequence: number
  readonly eventTime: number
  readonly executionId?: Uint8Array
  readonly commandId?: Uint8Array
}

function readRecord(
  stream: InputBody['stream'],
  decoder: RecordDecoder<StreamName>,
  payload: Uint8Array,
  columns: InputColumns,
  row: number,
): void {
  const record = decoder.decode(payload) as Header | undefined
  if (record === undefined) throw new Refusal('undecodable', decoder.fault)
  columns.setHeader(row, stream, record.eventTime, record.sourceId, record.sourceSequence)
  const id = record.executionId ?? record.commandId
  if (id !== undefined) columns.setId(row, ...wordsOf(id))
  // The stream decides the record's type; the pair cannot be told to the compiler.
  columns.body[row] = { stream, record } as unknown as InputBody
}
