/**
 * The bank's durable book: every instruction that it has taken, at most once, and what became of it.
 *
 * It survives the bank's process, together with how far the topics were read. Depends on the record types.
 */
import type { Instruction } from '../../../schemas/generated/types.js'
import type { Fate } from './fate.js'

export interface BookedInstruction {
  readonly instruction: Instruction
  readonly fate: Fate
  readonly takenMicros: number
  /** Steps of the fate that were carried out; the last one moves money. */
  carriedOut: number
  /** Reports that the topic has acknowledged. */
  reported: number
}

/** What happened at the bank, in its order: an instruction was taken, or came to its end. */
export interface LedgerEvent {
  readonly atMicros: number
  readonly instruction: Instruction
  /** Undefined when it was taken; 0 when it was rejected. */
  readonly settledMinor: number | undefined
}

export class Ledger {
  readonly history: LedgerEvent[] = []
  readonly entries = new Map<string, BookedInstruction>()
  /** Next offset by topic and partition. */
  readonly offsets = new Map<string, number>()
  /** Moved by settled instructions, minor units by `GROUP/ACCOUNT`. */
  readonly moved = new Map<string, number>()
  /** Settled instructions, in order. */
  readonly settled: string[] = []
  redelivered = 0

  /** Takes an instruction unless it was taken already; a second one under the same id changes nothing. */
  take(id: string, instruction: Instruction, fate: Fate, atMicros: number): BookedInstruction | undefined {
    if (this.entries.has(id)) {
      this.redelivered++
      return undefined
    }
    const entry = { instruction, fate, takenMicros: atMicros, carriedOut: 0, reported: 0 }
    this.entries.set(id, entry)
    this.history.push({ atMicros, instruction, settledMinor: undefined })
    return entry
  }

  reject(id: string, atMicros: number): void {
    const { instruction } = this.entries.get(id)!
    this.history.push({ atMicros, instruction, settledMinor: 0 })
  }

  settle(id: string, atMicros: number): void {
    const { instruction, fate } = this.entries.get(id)!
    this.history.push({ atMicros, instruction, settledMinor: fate.settledMinor })
    this.settled.push(id)
    this.#move(instruction.groupId, instruction.sourceAccountId, -fate.settledMinor)
    this.#move(instruction.groupId, instruction.destinationAccountId, fate.counterSettledMinor)
  }

  #move(groupId: string, accountId: string, amountMinor: number): void {
    if (accountId === '') return
    const key = `${groupId}/${accountId}`
    this.moved.set(key, (this.moved.get(key) ?? 0) + amountMinor)
  }
}
