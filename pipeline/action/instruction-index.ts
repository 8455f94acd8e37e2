/**
 * Which instructions are outstanding or wait for another leg, and when the next final one may be forgotten: derived from the state,
 * so that a cycle does not walk over all instructions of a day, of which nearly all are final.
 *
 * It gives what a walk would give, in the same order; a restored agent derives it anew. Depends on the life cycle.
 */
import type { InstructionEvent } from '../../schemas/generated/types.js'
import { toHex } from '../identity.js'
import type { GroupState, OpenInstruction } from '../perception/state.js'
import { forgetFinal, forgettableFrom } from './instructions.js'
import { isFinal, isHeld, isOutstanding } from './life-cycle.js'

export class InstructionIndex {
  readonly #state: GroupState
  #held: Map<string, OpenInstruction> | undefined
  /** Not before this is there anything to forget. */
  #forgetAtMicros = Number.NEGATIVE_INFINITY

  constructor(state: GroupState) {
    this.#state = state
  }

  /** Outstanding instructions after the last update, in the order of the state. */
  outstanding(): OpenInstruction[] {
    return [...this.#current().values()].filter(({ state }) => isOutstanding(state))
  }

  /** Held and not sent, because they wait for another leg: after the last update, in the order of the state. */
  waiting(): OpenInstruction[] {
    return [...this.#current().values()].filter(({ state }) => state === 'RESERVED')
  }

  /** Takes the steps of a cycle, when all of them are taken; then forgets what is long final. */
  update(events: readonly InstructionEvent[], cycle: number, nowMicros: number): void {
    for (const { instructionId } of events) {
      const id = toHex(instructionId)
      const instruction = this.#state.instructions.get(id)
      if (instruction !== undefined) this.#take(id, instruction, cycle)
    }
    if (nowMicros >= this.#forgetAtMicros) this.#forgetAtMicros = forgetFinal(this.#state, nowMicros)
  }

  #take(id: string, instruction: OpenInstruction, cycle: number): void {
    if (isFinal(instruction.state))
      this.#forgetAtMicros = Math.min(this.#forgetAtMicros, forgettableFrom(instruction))
    if (!isHeld(instruction.state)) this.#held?.delete(id)
    else if (this.#held?.has(id) === false) {
      // A new one is the last of the state, too; the place of another is found by a walk.
      if (instruction.cycle === cycle) this.#held.set(id, instruction)
      else this.#held = undefined
    }
  }

  #current(): Map<string, OpenInstruction> {
    this.#held ??= new Map([...this.#state.instructions].filter(([, { state }]) => isHeld(state)))
    return this.#held
  }
}
