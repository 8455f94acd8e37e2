/**
 * The best and the second best of the bounds that rows imply for columns, each with the row it comes from.
 * Two are enough: a row that is judged must not use its own bound, and one that has left takes its bounds along. Depends on nothing.
 */
export class ImpliedBounds {
  readonly #first: Float64Array
  readonly #second: Float64Array
  readonly #firstSource: Int32Array
  readonly #secondSource: Int32Array
  /** 1 when larger is better (lower bounds), -1 otherwise. */
  readonly #sign: number
  readonly #isVoid: Uint8Array

  /** `own` becomes part of this object; `isVoid` tells which sources no longer count, at the time of asking. */
  constructor(own: Float64Array, sign: 1 | -1, isVoid: Uint8Array) {
    this.#first = own
    this.#second = own.slice()
    this.#firstSource = new Int32Array(own.length).fill(-1)
    this.#secondSource = new Int32Array(own.length).fill(-1)
    this.#sign = sign
    this.#isVoid = isVoid
  }

  offer(v: number, bound: number, source: number): void {
    if ((bound - this.#first[v]) * this.#sign > 0) {
      this.#second[v] = this.#first[v]
      this.#secondSource[v] = this.#firstSource[v]
      this.#first[v] = bound
      this.#firstSource[v] = source
    } else if ((bound - this.#second[v]) * this.#sign > 0) {
      this.#second[v] = bound
      this.#secondSource[v] = source
    }
  }

  /** The best bound of v that does not come from `source` or from one that is void; `own` when both do. */
  without(source: number, v: number, own: number): number {
    if (this.#counts(this.#firstSource[v], source)) return this.#first[v]
    return this.#counts(this.#secondSource[v], source) ? this.#second[v] : own
  }

  #counts(source: number, excluded: number): boolean {
    return source < 0 || (source !== excluded && this.#isVoid[source] === 0)
  }
}
