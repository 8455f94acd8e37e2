/**
 * The group coordinator: which member owns which partition, handed over cooperatively.
 *
 * A member tells with every heartbeat what it owns, and is told what it should own; a partition is given to its next owner
 * only when the one before no longer tells that it owns it. A member that keeps silent for the session timeout, or does
 * not release in the rebalance timeout, is put out, and others own its partitions at once.
 * This is the consumer protocol of Kafka 4 (KIP-848), and what the cooperative assignor of the classic one amounts to.
 * Depends on the scheduler.
 */
import type { Scheduler } from '../scheduler.js'

export interface GroupTimeouts {
  readonly sessionMicros: number
  readonly rebalanceMicros: number
}

export type HeartbeatAnswer =
  | { readonly kind: 'assignment'; readonly generation: number; readonly partitions: readonly number[] }
  /** The coordinator does not know the member (any more): whatever it owned, others may own. */
  | { readonly kind: 'unknown-member' }

interface Member {
  heardMicros: number
  owned: ReadonlySet<number>
  target: ReadonlySet<number>
  /** When it was first told to release something that it still owns; -1 when there is nothing. */
  revokedMicros: number
}

export class GroupCoordinator {
  readonly #members = new Map<string, Member>()
  #generation = 0
  readonly counts = { rebalances: 0, expired: 0 }

  constructor(
    private readonly scheduler: Scheduler,
    private readonly partitions: number,
    private readonly timeouts: GroupTimeouts,
  ) {}

  get generation(): number {
    return this.#generation
  }

  join(name: string): HeartbeatAnswer {
    this.#members.set(name, {
      heardMicros: this.scheduler.nowMicros,
      owned: new Set(),
      target: new Set(),
      revokedMicros: -1,
    })
    this.#watch(name)
    this.rebalance()
    return this.#assignmentOf(name)
  }

  heartbeat(name: string, owned: readonly number[]): HeartbeatAnswer {
    const member = this.#members.get(name)
    if (member === undefined) return { kind: 'unknown-member' }
    member.heardMicros = this.scheduler.nowMicros
    // What it says it owns counts only if it was given: a late message must not bring back what was released.
    member.owned = new Set(owned.filter((partition) => member.owned.has(partition)))
    return this.#assignmentOf(name)
  }

  leave(name: string): void {
    if (this.#members.delete(name)) this.rebalance()
  }

  /** Shares the partitions out anew; each stays where it is as far as the shares allow. `turn` moves them on purpose. */
  rebalance(turn = 0): void {
    this.#generation++
    this.counts.rebalances++
    const names = [...this.#members.keys()].sort()
    const targets = new Map(names.map((name) => [name, new Set<number>()]))
    if (names.length > 0) {
      const most = Math.ceil(this.partitions / names.length)
      const homeless: number[] = []
      for (let partition = 0; partition < this.partitions; partition++) {
        const current = names.find((name) => this.#members.get(name)!.target.has(partition))
        const target = current === undefined ? undefined : targets.get(current)!
        if (turn === 0 && target !== undefined && target.size < most) target.add(partition)
        else homeless.push(partition)
      }
      for (const [index, partition] of homeless.entries()) {
        const order = names.map((_, at) => names[(at + index + turn) % names.length])
        const least = order.reduce((best, name) =>
          targets.get(name)!.size < targets.get(best)!.size ? name : best,
        )
        targets.get(least)!.add(partition)
      }
    }
    for (const [name, target] of targets) this.#members.get(name)!.target = target
  }

  #assignmentOf(name: string): HeartbeatAnswer {
    const member = this.#members.get(name)!
    const free = [...member.target].filter((partition) => !this.#ownedByOther(name, partition))
    const kept = [...member.owned].filter((partition) => member.target.has(partition))
    const revoking = kept.length < member.owned.size
    if (!revoking) member.revokedMicros = -1
    else if (member.revokedMicros < 0) this.#watchRevocation(name, member)
    const partitions = [...new Set([...kept, ...free])].sort((a, b) => a - b)
    // Given is owned, from the coordinator's point of view, until the member says otherwise after it has heard.
    member.owned = new Set([...member.owned, ...free])
    return { kind: 'assignment', generation: this.#generation, partitions }
  }

  #ownedByOther(name: string, partition: number): boolean {
    for (const [other, { owned }] of this.#members) if (other !== name && owned.has(partition)) return true
    return false
  }

  #watch(name: string): void {
    const member = this.#members.get(name)!
    const check = (): void => {
      if (this.#members.get(name) !== member) return
      const left = member.heardMicros + this.timeouts.sessionMicros - this.scheduler.nowMicros
      if (left > 0) this.scheduler.after(left, 'session', check)
      else this.#expire(name)
    }
    this.scheduler.after(this.timeouts.sessionMicros, 'session', check)
  }

  #watchRevocation(name: string, member: Member): void {
    const since = this.scheduler.nowMicros
    member.revokedMicros = since
    this.scheduler.after(this.timeouts.rebalanceMicros, 'rebalance timeout', () => {
      if (this.#members.get(name) === member && member.revokedMicros === since) this.#expire(name)
    })
  }

  #expire(name: string): void {
    this.counts.expired++
    this.leave(name)
  }
}
