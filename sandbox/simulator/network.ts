/**
 * The network between processes and brokers: every message takes time, and faults lose, delay, repeat and overtake it.
 *
 * Messages of one connection keep their order, as in TCP, unless a fault says that connections are being made anew.
 * A repeated message stands for a request that a client sent again because its answer was late, so only requests that the
 * protocol allows to be repeated are. Depends on scheduler and processes.
 */
import { Random } from '../random.js'
import type { Process } from './process.js'
import { MILLISECOND, type Scheduler } from './scheduler.js'

export type NetworkFaultKind = 'cut' | 'delay' | 'drop' | 'duplicate' | 'reorder'

/** A fault of the messages from and to `target`, a process or a broker; `*` is everyone. */
export interface NetworkFault {
  readonly kind: NetworkFaultKind
  readonly target: string
  readonly untilMicros: number
  /** Of a message to be hit; not for a cut, which hits all. */
  readonly probability: number
  /** For delay and reorder. */
  readonly mostMicros: number
}

const USUAL_MICROS = { least: 100, most: 2 * MILLISECOND }
/** A lost message is noticed by its sender, sooner or later: see `RequestOptions.timeoutMicros`. */
export class Network {
  readonly #random: Random
  readonly #lastArrival = new Map<string, number>()
  #faults: NetworkFault[] = []
  readonly counts = { sent: 0, lost: 0, repeated: 0 }

  constructor(
    private readonly scheduler: Scheduler,
    seed: number,
  ) {
    this.#random = new Random('network', seed)
  }

  begin(fault: NetworkFault): void {
    this.#faults.push(fault)
  }

  /** Carries a message from one place to another. */
  carry(from: string, to: string, label: string, repeatable: boolean, arrive: () => void): void {
    this.counts.sent++
    const { least, most } = USUAL_MICROS
    let delay = this.#random.integer(least, most)
    let [lost, repeated, ordered] = [false, false, true]
    if (this.#faults.length > 0) {
      const now = this.scheduler.nowMicros
      this.#faults = this.#faults.filter((fault) => fault.untilMicros > now)
      for (const fault of this.#faults) {
        if (fault.target !== '*' && fault.target !== from && fault.target !== to) continue
        if (fault.kind !== 'cut' && !this.#random.chance(fault.probability)) continue
        if (fault.kind === 'cut' || fault.kind === 'drop') lost = true
        else if (fault.kind === 'duplicate') repeated = repeatable
        else delay += this.#random.integer(0, fault.mostMicros)
        if (fault.kind === 'reorder') ordered = false
      }
    }
    if (lost) {
      this.counts.lost++
      return
    }
    this.#deliver(`${from}>${to}`, delay, ordered, label, arrive)
    if (!repeated) return
    this.counts.repeated++
    this.#deliver(
      `${from}>${to}`,
      delay + this.#random.integer(0, 50 * MILLISECOND),
      false,
      `${label} again`,
      arrive,
    )
  }

  #deliver(connection: string, delay: number, ordered: boolean, label: string, arrive: () => void): void {
    const now = this.scheduler.nowMicros
    let at = now + delay
    if (ordered) {
      at = Math.max(at, this.#lastArrival.get(connection) ?? 0)
      this.#lastArrival.set(connection, at)
    }
    this.scheduler.after(at - now, label, arrive)
  }
}

export interface RequestOptions<A> {
  /** Broker that the request goes to. */
  readonly to: string
  readonly label: string
  readonly timeoutMicros: number
  /** The receiver keeps a second one from having an effect. */
  readonly repeatable?: boolean
  /** What the receiver does; it may answer later, or never. */
  readonly serve: (answer: (value: A) => void) => void
  /** Called once in the process: with the answer, or with undefined when none came in time. */
  readonly settle: (value: A | undefined) => void
}

/** Sends a request and waits for its answer in virtual time. */
export function request<A>(network: Network, process: Process, options: RequestOptions<A>): void {
  const { to, label, timeoutMicros, serve, settle, repeatable = false } = options
  // Code of a process that was killed while it ran comes to an end, but nothing leaves any more.
  if (!process.alive) return
  let open = true
  const timer = process.after(timeoutMicros, `${process.name} gives up ${label}`, () => {
    if (!open) return
    open = false
    settle(undefined)
  })
  const answer = (value: A): void => {
    network.carry(to, process.name, `answer ${label}`, false, () =>
      process.run(label, () => {
        if (!open) return
        open = false
        timer.cancel()
        settle(value)
      }),
    )
  }
  network.carry(process.name, to, `${process.name} ${label}`, repeatable, () => serve(answer))
}
