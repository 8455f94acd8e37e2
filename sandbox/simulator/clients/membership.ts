/**
 * An instance's membership in the group of the instances: heartbeats in the background, events for the machine to poll.
 *
 * Heartbeats go on while the machine is busy, as those of librdkafka do, and stop with the process. A client that hears
 * nothing for the session timeout must assume that others own what it owned. Depends on cluster and network.
 */

import { PendingOperation } from '../../../pipeline/runtime/distributed/pending-operation.js'
import type {
  BrokerFault,
  Membership,
  MembershipEvent,
  Operation,
} from '../../../pipeline/runtime/distributed/ports.js'
import type { HeartbeatAnswer } from '../broker/group-coordinator.js'
import { faultOf } from '../fault-of.js'
import { request } from '../network.js'
import type { Process } from '../process.js'
import { SECOND } from '../scheduler.js'
import type { World } from './fetcher.js'

export const HEARTBEAT_MICROS = 1 * SECOND
const REQUEST_TIMEOUT_MICROS = 2 * SECOND

type Answer = HeartbeatAnswer | 'unavailable'

export class SimulatedMembership implements Membership {
  readonly #events: MembershipEvent[] = []
  readonly #owned = new Set<number>()
  readonly #revoking = new Set<number>()
  #state: 'out' | 'joining' | 'member' | 'left' = 'out'
  #heardMicros = 0
  #beating = false
  fault: BrokerFault | undefined

  constructor(
    private readonly world: World,
    private readonly process: Process,
    /** Name in the group; a new one for each life of the process. */
    private readonly member: string,
    private readonly sessionMicros: number,
    private readonly bell: () => void,
  ) {}

  join(): void {
    this.#state = 'joining'
    this.#heardMicros = this.#now
    this.#beat()
  }

  poll(): readonly MembershipEvent[] {
    return this.#events.splice(0)
  }

  release(partitions: readonly number[]): void {
    for (const partition of partitions) {
      if (!this.#revoking.delete(partition)) continue
      this.#owned.delete(partition)
    }
    if (this.#state === 'member') this.#beat()
  }

  reportOffsets(): void {
    // Offsets for lag tools: nobody reads them here, and nothing may depend on them.
  }

  leave(): Operation<void> {
    const operation = new PendingOperation<void>({ ring: this.bell })
    const { cluster } = this.world
    this.#state = 'left'
    this.#owned.clear()
    this.#ask<'left'>(
      'leave',
      () => {
        cluster.group.leave(this.member)
        return 'left'
      },
      // Without an answer the session times out: leaving is a courtesy.
      () => operation.succeed(undefined),
    )
    return operation
  }

  get #now(): number {
    return this.world.cluster.scheduler.nowMicros
  }

  #beat(): void {
    if (this.#state === 'out' || this.#state === 'left') return
    const { group } = this.world.cluster
    const { member } = this
    if (this.#state === 'joining') {
      this.#ask<HeartbeatAnswer>(
        'join',
        () => group.join(member),
        (answer) => this.#joined(answer),
      )
    } else {
      const owned = [...this.#owned]
      this.#ask<HeartbeatAnswer>(
        'heartbeat',
        () => group.heartbeat(member, owned),
        (answer) => this.#heard(answer),
      )
    }
    if (this.#beating) return
    this.#beating = true
    this.process.after(HEARTBEAT_MICROS, `heartbeat ${member}`, () => {
      this.#beating = false
      this.#checkSession()
      this.#beat()
    })
  }

  #joined(answer: Answer | undefined): void {
    if (answer !== undefined && answer !== 'unavailable' && this.#state === 'joining') this.#state = 'member'
    this.#heard(answer)
  }

  #heard(answer: Answer | undefined): void {
    if (this.#state !== 'member') return
    if (answer === undefined || answer === 'unavailable') {
      this.fault = faultOf('retriable', 'the group coordinator does not answer')
      return
    }
    this.fault = undefined
    this.#heardMicros = this.#now
    if (answer.kind === 'unknown-member') this.#loseAll()
    else this.#take(answer.partitions)
  }

  #take(partitions: readonly number[]): void {
    const wanted = new Set(partitions)
    const revoked = [...this.#owned].filter((one) => !wanted.has(one) && !this.#revoking.has(one))
    const assigned = partitions.filter((one) => !this.#owned.has(one))
    for (const partition of revoked) this.#revoking.add(partition)
    for (const partition of assigned) this.#owned.add(partition)
    if (revoked.length > 0) this.#tell({ kind: 'revoked', partitions: revoked })
    if (assigned.length > 0) this.#tell({ kind: 'assigned', partitions: assigned })
  }

  #checkSession(): void {
    if (this.#state !== 'member' || this.#now - this.#heardMicros < this.sessionMicros) return
    this.#loseAll()
  }

  #loseAll(): void {
    const partitions = [...this.#owned]
    this.#owned.clear()
    this.#revoking.clear()
    this.#state = 'joining'
    this.#heardMicros = this.#now
    if (partitions.length > 0) this.#tell({ kind: 'lost', partitions })
  }

  #tell(event: MembershipEvent): void {
    this.#events.push(event)
    this.bell()
  }

  #ask<A>(label: string, action: () => A, settle: (answer: A | 'unavailable' | undefined) => void): void {
    const { world, process, member } = this
    const broker = world.cluster.coordinatorOf('group')
    request<A | 'unavailable'>(world.network, process, {
      to: broker,
      label: `${label} ${member}`,
      timeoutMicros: REQUEST_TIMEOUT_MICROS,
      repeatable: label !== 'join',
      serve: (answer) => world.cluster.serve(broker, answer, action),
      settle,
    })
  }
}
