/**
 * A report of the simulated bank. Its id comes from the instruction and the report's ordinal, so a repeated one is known as such.
 * Depends on the record types.
 */
import { createHash } from 'node:crypto'
import type { Execution, Instruction } from '../../schemas/generated/types.js'
import type { FateStep } from './fate.js'

export function reportOf(
  instruction: Instruction,
  step: FateStep,
  eventTime: number,
  counterSettledMinor: number,
  ordinal: string,
): Execution {
  const settled = step.status === 'SETTLED'
  return {
    executionId: executionId(instruction.instructionId, ordinal),
    groupId: instruction.groupId,
    sourceId: `venue:${instruction.venueId}`,
    sourceSequence: -1,
    eventTime,
    instructionId: instruction.instructionId,
    status: step.status,
    reasonCode: step.reasonCode,
    settledMinor: settled ? instruction.amountMinor : 0,
    counterSettledMinor: settled ? counterSettledMinor : 0,
  }
}

/** UUIDv8 (RFC 9562) from SHA-256 of instruction and ordinal. */
function executionId(instructionId: Uint8Array, ordinal: string): Uint8Array {
  const bytes = createHash('sha256').update(instructionId).update(ordinal).digest().subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x80
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return bytes
}
