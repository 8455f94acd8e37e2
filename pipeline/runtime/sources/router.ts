/**
 * Which groups an input goes to: one, every one, or the one that collects what cannot be routed. Pure.
 */
import { EVERY_GROUP, UNROUTED_GROUP } from '../../ports.js'

export class Router<Group> {
  readonly #every: readonly Group[]
  readonly #unrouted: readonly Group[]
  readonly #single = new Map<string, readonly Group[]>()
  /** The last answer: inputs of a group come in runs. */
  #lastId = UNROUTED_GROUP
  #last: readonly Group[]

  /** @param groups by id; the one for what cannot be routed must be among them */
  constructor(groups: ReadonlyMap<string, Group>) {
    this.#every = [...groups].filter(([id]) => id !== UNROUTED_GROUP).map(([, group]) => group)
    this.#unrouted = [groups.get(UNROUTED_GROUP) as Group]
    for (const [id, group] of groups) this.#single.set(id, [group])
    this.#last = this.#unrouted
  }

  /** Receivers of a record by its `groupId`. */
  receivers(groupId: string): readonly Group[] {
    if (groupId === this.#lastId) return this.#last
    const receivers = groupId === EVERY_GROUP ? this.#every : (this.#single.get(groupId) ?? this.#unrouted)
    this.#lastId = groupId
    this.#last = receivers
    return receivers
  }

  /** Receivers of the fault of a file. */
  get unrouted(): readonly Group[] {
    return this.#unrouted
  }
}
