/**
 * A bank's book as plain data, for audits from outside. Depends on the book.
 */
import { type Book, type BookedInstruction, isDone, statusOf } from './book.js'
import type { StartEntry } from './ledger-entries.js'

export interface DumpedInstruction {
  readonly instructionId: string
  readonly groupId: string
  readonly cycle: number
  readonly leg: number
  /** That of the last step carried out; TAKEN before the first. */
  readonly status: string
  readonly done: boolean
  readonly silent: boolean
  readonly reported: number
  readonly takenMicros: number
}

export interface LedgerSummary {
  readonly instructions: number
  readonly settled: number
  readonly rejected: number
  /** Taken and not carried out to the end. */
  readonly open: number
  /** Carried out, not told and not acknowledged; silent ones are never told unasked. */
  readonly unreported: number
}

export interface LedgerDump extends LedgerSummary {
  readonly venueId: string
  readonly seed: string
  readonly all: readonly DumpedInstruction[]
  /** Moved by settled instructions, minor units as text, by `GROUP/ACCOUNT`. */
  readonly moved: Readonly<Record<string, string>>
}

export function summaryOf(book: Book): LedgerSummary {
  const all = [...book.instructions.values()]
  return {
    instructions: all.length,
    settled: book.settled,
    rejected: book.rejected,
    open: all.filter((booked) => !isDone(booked)).length,
    unreported: all.filter(({ fate, reported }) => !fate.silent && reported.size < fate.steps.length).length,
  }
}

export function dumpOf({ venueId, seed }: StartEntry, book: Book): LedgerDump {
  const moved = Object.fromEntries([...book.moved].map(([key, minor]) => [key, String(minor)]))
  return { venueId, seed, ...summaryOf(book), all: [...book.instructions.values()].map(dumped), moved }
}

function dumped(booked: BookedInstruction): DumpedInstruction {
  const { groupId, cycle, leg } = booked.instruction
  return {
    instructionId: booked.id,
    groupId,
    cycle,
    leg,
    status: statusOf(booked),
    done: isDone(booked),
    silent: booked.fate.silent,
    reported: booked.reported.size,
    takenMicros: booked.takenMicros,
  }
}
