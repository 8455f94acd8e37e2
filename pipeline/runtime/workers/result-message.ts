/**
 * What a worker tells of an applied cycle, beside the result that goes into the journal.
 *
 *   byte 0       8          12            20            28          32        36         40
 *        ├─cycle─┼outstanding┼applyMicros─┼solveMicros──┼deadLetters┼─release─┼─query────┼─
 *        │  f64  │    u32    │    f64     │     f64     │    u32    │   u32   │   u32    │
 *   40   result bytes (u32) │ offset of `measured` in the result (u32) │ records (u32) │ result │ instruction, instruction, ...
 *
 * Little end first. The instructions to release come before those to query. The result stays as encoded: the same bytes
 * go into the journal. Depends on the Avro type of an instruction.
 */
import { typeOf } from '../../../schemas/avro/registry.js'
import type { Instruction } from '../../../schemas/generated/types.js'

const HEADER_BYTES = 52
const instructionType = typeOf('instruction')

export interface ResultMessage {
  readonly cycle: number
  /** Instructions without a final status after the cycle. */
  readonly outstanding: number
  readonly applyMicros: number
  readonly solveMicros: number
  readonly deadLetters: number
  /** Decisions, explanations, instruction events, reservations, alerts and dead letters in `result`. */
  readonly records: number
  /** CycleResult (Avro). */
  readonly result: Buffer
  /** Bytes of `result` that are a pure function of the state and the cycle; what follows are times of the run. */
  readonly pureBytes: number
  readonly release: readonly Instruction[]
  readonly query: readonly Instruction[]
}

export function encodeResultMessage(message: ResultMessage): Buffer {
  const instructions = [...message.release, ...message.query].map((one) => instructionType.toBuffer(one))
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeDoubleLE(message.cycle, 0)
  header.writeUInt32LE(message.outstanding, 8)
  header.writeDoubleLE(message.applyMicros, 12)
  header.writeDoubleLE(message.solveMicros, 20)
  header.writeUInt32LE(message.deadLetters, 28)
  header.writeUInt32LE(message.release.length, 32)
  header.writeUInt32LE(message.query.length, 36)
  header.writeUInt32LE(message.result.length, 40)
  header.writeUInt32LE(message.pureBytes, 44)
  header.writeUInt32LE(message.records, 48)
  return Buffer.concat([header, message.result, ...instructions])
}

export function decodeResultMessage(bytes: Buffer): ResultMessage {
  const releases = bytes.readUInt32LE(32)
  const queries = bytes.readUInt32LE(36)
  const resultEnd = HEADER_BYTES + bytes.readUInt32LE(40)
  const instructions: Instruction[] = []
  let position = resultEnd
  for (let index = 0; index < releases + queries; index++) {
    const { value, offset } = instructionType.decode(bytes, position)
    instructions.push(value as Instruction)
    position = offset
  }
  return {
    cycle: bytes.readDoubleLE(0),
    outstanding: bytes.readUInt32LE(8),
    applyMicros: bytes.readDoubleLE(12),
    solveMicros: bytes.readDoubleLE(20),
    deadLetters: bytes.readUInt32LE(28),
    records: bytes.readUInt32LE(48),
    result: bytes.subarray(HEADER_BYTES, resultEnd),
    pureBytes: bytes.readUInt32LE(44),
    release: instructions.slice(0, releases),
    query: instructions.slice(releases),
  }
}
