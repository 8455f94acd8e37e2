/**
 * The simulated bank in real time: fates as in `fate.ts`, a clock that may run faster, and a ledger that survives it.
 *
 * What has happened is in the ledger, what is to come follows from it; so a bank that is killed goes on where it was, carries nothing out
 * twice, and tells again what it may not have told, under the same id and with the same time. Depends on the ledger and the venue port.
 */
import { toHex } from '../../../pipeline/identity.js'
import type { RealTimeVenue, ReportSink } from '../../../pipeline/ports.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { Instruction } from '../../../schemas/generated/types.js'
import { type FateStep, MINIMUM_LATENCY_MICROS } from '../fate.js'
import { reportOf } from '../report.js'
import { type BookedInstruction, isDone } from './book.js'
import type { Ledger } from './ledger.js'

export interface LiveBankOptions {
  readonly venueId: string
  readonly ledger: Ledger
  /** How many times faster than in `fate.ts` the bank works: at 40 its two seconds are 50 milliseconds. */
  readonly timeScale: number
  readonly report: ReportSink
  /** Microseconds since 1970. */
  readonly nowMicros: () => number
  /** The disk or the way to the topic has failed for good: the bank must end, and its next life goes on. */
  readonly failed: (error: unknown) => void
}

export class LiveBank implements RealTimeVenue {
  readonly venueId: string
  readonly #options: LiveBankOptions
  readonly #timers = new Set<NodeJS.Timeout>()
  /** The write of an instruction that came twice at once. */
  readonly #taking = new Map<string, Promise<void>>()
  #closed = false
  redelivered = 0

  constructor(options: LiveBankOptions) {
    this.venueId = options.venueId
    this.#options = options
  }

  /** Goes on with what a life before has left; once, before anything is sent. */
  resume(): void {
    for (const booked of this.#options.ledger.book.instructions.values()) {
      for (const step of booked.stepsAtMicros.keys())
        if (!booked.reported.has(step)) this.#report(booked, step)
      this.#goOn(booked)
    }
  }

  async send(instruction: Instruction): Promise<void> {
    const id = toHex(instruction.instructionId)
    const { ledger, nowMicros } = this.#options
    if (ledger.book.instructions.has(id)) {
      this.redelivered++
      // The one before may still be on its way to the disk.
      await this.#taking.get(id)
      return
    }
    const encoded = encodeRecord('instruction', instruction).toString('base64')
    const atMicros = nowMicros()
    const refused = ledger.book.refusal(instruction, atMicros)
    const entry = { kind: 'taken' as const, id, atMicros, instruction: encoded }
    const taken = ledger.append(refused === '' ? entry : { ...entry, refused })
    this.#taking.set(id, taken)
    await taken
    this.#taking.delete(id)
    this.#goOn(ledger.book.instructions.get(id) as BookedInstruction)
  }

  /** An instruction that is not known was overtaken by the question, and will be asked for again. */
  async query(instruction: Instruction): Promise<void> {
    const booked = this.#options.ledger.book.instructions.get(toHex(instruction.instructionId))
    if (booked === undefined) return
    const askedAtMicros = this.#options.nowMicros()
    await new Promise<void>((resolve) => this.#after(MINIMUM_LATENCY_MICROS, resolve))
    const { report } = this.#options
    if (isDone(booked)) {
      const final = booked.fate.steps.length - 1
      await report(this.#reportOf(booked, final))
      return
    }
    const pending: FateStep = { status: 'PENDING', afterMicros: 0, reasonCode: '' }
    await report(
      reportOf(booked.instruction, pending, this.#options.nowMicros(), 0, `asked at ${askedAtMicros}`),
    )
  }

  /** Nothing is begun any more; what is under way is in the ledger. */
  close(): void {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #goOn(booked: BookedInstruction): void {
    const step = booked.stepsAtMicros.length
    const next = booked.fate.steps[step]
    if (next === undefined) return
    const { nowMicros, timeScale, ledger } = this.#options
    const passedMicros = (nowMicros() - booked.takenMicros) * timeScale
    this.#after(next.afterMicros - passedMicros, () => {
      const atMicros = nowMicros()
      ledger.append({ kind: 'step', id: booked.id, step, atMicros }).then(() => {
        this.#report(booked, step)
        this.#goOn(booked)
      }, this.#options.failed)
    })
  }

  #report(booked: BookedInstruction, step: number): void {
    if (booked.fate.silent) return
    const { report, ledger, failed } = this.#options
    report(this.#reportOf(booked, step))
      .then(() => (this.#closed ? undefined : ledger.append({ kind: 'reported', id: booked.id, step })))
      .catch(failed)
  }

  #reportOf({ instruction, fate, stepsAtMicros }: BookedInstruction, step: number) {
    const at = stepsAtMicros[step] as number
    return reportOf(instruction, fate.steps[step] as FateStep, at, fate.counterSettledMinor, String(step))
  }

  #after(bankMicros: number, action: () => void): void {
    if (this.#closed) return
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        action()
      },
      Math.max(0, bankMicros / this.#options.timeScale / 1_000),
    )
    this.#timers.add(timer)
  }
}
