/**
 * What a ledger says: every instruction that the bank has taken, how far it is carried out, and the money it has moved.
 *
 * A fold over the ledger's entries and nothing else, so that a restart has the book of the life before. An entry that the book already
 * holds, or that does not follow from it, is a fault of the bank. Pure. Depends on the fates.
 */
import { invariant } from '../../../pipeline/errors.js'
import { decodeRecord } from '../../../schemas/avro/registry.js'
import type { Instruction } from '../../../schemas/generated/types.js'
import { CollateralBook, type CollateralTerms } from '../collateral-book.js'
import { type Fate, fateOf, refusedFate } from '../fate.js'
import type { LedgerEntry } from './ledger-entries.js'

export interface BookedInstruction {
  readonly id: string
  readonly instruction: Instruction
  readonly fate: Fate
  readonly takenMicros: number
  /** When each step was carried out, in order; those to come are missing. */
  readonly stepsAtMicros: number[]
  /** Steps whose report was acknowledged. */
  readonly reported: Set<number>
  /** Refused at the door by the bank's own book. */
  readonly refused: boolean
}

export class Book {
  readonly instructions = new Map<string, BookedInstruction>()
  /** Moved by settled instructions, minor units by `GROUP/ACCOUNT`; exact whatever they add up to. */
  readonly moved = new Map<string, bigint>()
  settled = 0
  rejected = 0

  readonly #collateral: CollateralBook | undefined

  /** @param terms of secured lending; left out by a bank that lends without collateral, and by readers of a ledger */
  constructor(
    private readonly seed: string,
    terms?: CollateralTerms,
  ) {
    this.#collateral = terms === undefined ? undefined : new CollateralBook(terms)
  }

  /** Why the bank refuses an instruction that comes now; empty when it takes it. */
  refusal(instruction: Instruction, atMicros: number): string {
    return this.#collateral?.refusal(instruction, atMicros) ?? ''
  }

  apply(entry: LedgerEntry): void {
    if (entry.kind === 'start') return
    if (entry.kind === 'taken') {
      invariant(!this.instructions.has(entry.id), 'an instruction is taken once')
      const instruction = decodeRecord('instruction', Buffer.from(entry.instruction, 'base64'))
      this.instructions.set(entry.id, {
        id: entry.id,
        instruction,
        fate: entry.refused === undefined ? fateOf(this.seed, instruction) : refusedFate(entry.refused),
        takenMicros: entry.atMicros,
        stepsAtMicros: [],
        reported: new Set(),
        refused: entry.refused !== undefined,
      })
      if (entry.refused === undefined) this.#collateral?.hold(instruction)
      return
    }
    const booked = this.instructions.get(entry.id)
    invariant(booked !== undefined, 'what is carried out was taken')
    if (entry.kind === 'reported') booked.reported.add(entry.step)
    else this.#carryOut(booked, entry.step, entry.atMicros)
  }

  #carryOut(booked: BookedInstruction, step: number, atMicros: number): void {
    const { fate, stepsAtMicros, instruction } = booked
    const next = fate.steps[step]
    invariant(step === stepsAtMicros.length && next !== undefined, 'steps are carried out once and in order')
    stepsAtMicros.push(atMicros)
    if (next.status === 'REJECTED') this.rejected++
    const isOver = stepsAtMicros.length === fate.steps.length
    const settled = next.status === 'SETTLED'
    if (isOver && !booked.refused) this.#collateral?.end(instruction, settled ? instruction.amountMinor : 0)
    if (!settled) return
    this.settled++
    this.#move(instruction.groupId, instruction.sourceAccountId, -instruction.amountMinor)
    this.#move(instruction.groupId, instruction.destinationAccountId, fate.counterSettledMinor)
  }

  /** Draws have no source, repayments no destination: the lender's side is not in this book. */
  #move(groupId: string, accountId: string, amountMinor: number): void {
    if (accountId === '') return
    const key = `${groupId}/${accountId}`
    this.moved.set(key, (this.moved.get(key) ?? 0n) + BigInt(amountMinor))
  }
}

/** The status that an instruction has now: that of the last step carried out. */
export function statusOf({ fate, stepsAtMicros }: BookedInstruction): string {
  return fate.steps[stepsAtMicros.length - 1]?.status ?? 'TAKEN'
}

export function isDone({ fate, stepsAtMicros }: BookedInstruction): boolean {
  return stepsAtMicros.length === fate.steps.length
}
