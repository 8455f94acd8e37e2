/**
 * What crosses the rings between the main thread and a stage worker.
 *
 * A message is one frame, or, when it is larger than `CHUNK_BYTES`, several of the same kind of which all but the last
 * carry the flag `MORE` in `kind`. `first` names the group by its index in the run. Depends on the rings only.
 *
 *   to the worker                        first   second        payload
 *   DECLARE  a source                    journal -             SourceDeclaration (Avro)
 *   ADOPT    own a group from now on     group   journal       group id (UTF-8)
 *   RESTORE  own a group from a snapshot group   journal       digest (32 bytes), snapshot
 *   CYCLE    apply                       group   1: snapshot   Cycle (Avro)
 *   CAPTURE  make a snapshot             group   -             -
 *   DISOWN   forget a group              group   -             -
 *   FORGET   forget a journal's sources  journal -             -
 *   OUTSTANDING  list instructions      group   -             -
 *   FINISH   report on a group           group   -             -
 *   STOP     leave                       -       -             -
 *
 *   from the worker
 *   READY    adopted or restored         group   1: restored, 0: the snapshot was refused
 *   RESULT   of a cycle                  group   -             see result-message.ts
 *   SNAPSHOT after a cycle               group   -             digest (32 bytes), snapshot
 *   OUTSTANDING  of a group              group   -             instruction, instruction, ... (Avro)
 *   SUMMARY  of a group                  group   -             JSON: GroupReport
 *   FAILED   the worker is broken        group   -             JSON: FailureReport
 *   BROKEN   the agent is, and is gone   group   -             JSON: FailureReport
 *
 * A journal is named by the number of its partition; the embedded runtime has one, 0.
 *
 * The control words of a worker, in shared memory of its own:
 *
 *   word 0   group + 1 while a cycle of it is being applied, else 0      (written by the worker)
 *   word 1   cycles begun, modulo 2^32                                    (written by the worker)
 *   word 2   not 0: stop what is being computed and give its agent up    (written by the main thread, cleared by the worker)
 */
import type { ErrorCode } from '../../errors.js'
import type { GroupSummary } from '../../ports.js'

export const DECLARE = 1
export const ADOPT = 2
export const RESTORE = 3
export const CYCLE = 4
export const FINISH = 5
export const STOP = 6

export const OUTSTANDING = 8
export const CAPTURE = 9
export const DISOWN = 10
export const FORGET = 11

export const READY = 16
export const RESULT = 17
export const SNAPSHOT = 18
export const SUMMARY = 19
export const FAILED = 20
export const BROKEN = 21

export const APPLYING_WORD = 0
export const BEGUN_WORD = 1
export const STOP_WORD = 2
export const CONTROL_BYTES = 64

/** Flag in `kind`: the message goes on in the next frame. */
export const MORE = 0x100
/** A quarter of a ring, so that a long message does not need the ring to be empty. */
export const CHUNK_BYTES = 1 << 20
export const RING_SLOTS = (4 * CHUNK_BYTES) / 64

export interface Message {
  readonly kind: number
  readonly first: number
  readonly second: number
  readonly payload: Buffer
}

export interface GroupReport {
  readonly summary: GroupSummary
  /** Hex. */
  readonly stateDigest: string
  /** Hex. */
  readonly decisionDigest: string
}

export interface FailureReport {
  readonly code: ErrorCode
  readonly message: string
  readonly place?: string
  readonly remedy?: string
  readonly stack?: string
}

/** Puts messages together from frames; one for each ring, on the reading side. */
export class MessageAssembler {
  #parts: Buffer[] = []

  /** Takes a frame; gives the message when it was the last of it. */
  add(frame: Message): Message | undefined {
    if ((frame.kind & MORE) !== 0) {
      this.#parts.push(frame.payload)
      return undefined
    }
    if (this.#parts.length === 0) return frame
    const payload = Buffer.concat([...this.#parts, frame.payload])
    this.#parts = []
    return { kind: frame.kind, first: frame.first, second: frame.second, payload }
  }

  /** Forgets what was begun. */
  clear(): void {
    this.#parts = []
  }
}
