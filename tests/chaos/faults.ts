/**
 * The faults: each does its harm, waits, mends what an operator or a supervisor would mend, and leaves the rest to Weir.
 *
 * Depends on the setting and the watch.
 */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { restartBroker, signalBroker } from '../../deploy/kafka/cluster.mjs'
import { JOURNAL_STREAM, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { openAdmin } from '../../pipeline/runtime/kafka/admin.js'
import type { Random } from '../../sandbox/random.js'
import type { JournalWatch } from './journal-watch.js'
import { type Member, type Setting, statusOf } from './setting.js'

export const FAULTS = [
  'kill-owner',
  'kill-standby',
  'kill-both',
  'end-owner',
  'pause-owner',
  'cut-owner',
  'stall-owner',
  'delay-owner',
  'throttle-owner',
  'kill-bank',
  'pause-bank',
  'kill-projector',
  'kill-clickhouse',
  'kill-broker',
  'kill-leader',
  'pause-broker',
  'kill-broker-and-owner',
] as const

export type FaultKind = (typeof FAULTS)[number]

/** From `kill -9` to the first cycle that another instance has committed, by partition. */
export interface TakeoverTime {
  readonly fault: FaultKind
  readonly partition: number
  readonly milliseconds: number
}

const TAKEOVER_BOUND_MS = 60_000
const LOOK_EVERY_MS = 20

export class Faults {
  readonly takeovers: TakeoverTime[] = []
  readonly counts = new Map<FaultKind, number>()

  constructor(
    private readonly setting: Setting,
    private readonly watch: JournalWatch,
    private readonly random: Random,
  ) {}

  async inflict(kind: FaultKind): Promise<void> {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    const [owner, standby] = await this.#byOwnership()
    switch (kind) {
      case 'kill-owner':
        return this.#killInstance(kind, owner)
      case 'kill-standby':
        return this.#killInstance(kind, standby)
      case 'kill-both':
        await Promise.all([owner.process.kill(), standby.process.kill()])
        await this.#wait(0, 1_000)
        owner.process.start()
        return standby.process.start()
      case 'end-owner':
        await owner.process.end()
        await this.#wait(0, 2_000)
        return owner.process.start()
      case 'pause-owner':
        return this.#pauseInstance(kind, owner)
      case 'cut-owner':
        return this.#spoil(owner, 3_000, 9_000, (proxy) => proxy.cut())
      case 'stall-owner':
        return this.#spoil(owner, 1_000, 9_000, (proxy) => {
          proxy.stalled = true
        })
      case 'delay-owner':
        return this.#spoil(owner, 4_000, 8_000, (proxy) => {
          proxy.delayMs = this.random.integer(20, 400)
        })
      case 'throttle-owner':
        return this.#spoil(owner, 4_000, 8_000, (proxy) => {
          proxy.bytesPerSecond = this.random.integer(50_000, 500_000)
        })
      case 'kill-bank':
        await this.setting.bank.kill()
        await this.#wait(0, 3_000)
        return this.setting.bank.start()
      case 'pause-bank':
        this.setting.bank.pause()
        await this.#wait(1_000, 6_000)
        return this.setting.bank.resume()
      case 'kill-projector':
        await this.setting.projector?.kill()
        await this.#wait(0, 3_000)
        return this.setting.projector?.start()
      case 'kill-clickhouse':
        return killChildren(this.setting.projector?.pid)
      case 'kill-broker':
        return this.#killBroker(this.#anyBroker())
      case 'kill-leader':
        return this.#killBroker(await this.#leader())
      case 'pause-broker':
        return this.#pauseBroker(this.#anyBroker())
      case 'kill-broker-and-owner':
        await Promise.all([this.#killBroker(this.#anyBroker()), this.#killInstance(kind, owner)])
    }
  }

  /** The instance with the most partitions first. */
  async #byOwnership(): Promise<readonly [Member, Member]> {
    const [one, two] = this.setting.members
    const [ofOne, ofTwo] = await Promise.all([statusOf(one), statusOf(two)])
    const owned = [ofOne?.owned.length ?? 0, ofTwo?.owned.length ?? 0]
    const oneFirst = owned[0] === owned[1] ? this.random.chance(0.5) : owned[0] > owned[1]
    return oneFirst ? [one, two] : [two, one]
  }

  async #killInstance(fault: FaultKind, member: Member): Promise<void> {
    const owned = (await statusOf(member))?.owned ?? []
    const killedAtMs = performance.now()
    await member.process.kill()
    await this.#awaitTakeover(fault, member, owned, killedAtMs)
    await this.#wait(0, 1_000)
    member.process.start()
  }

  /** Stopped for longer than its session: it wakes up as a zombie and must not send anything. */
  async #pauseInstance(fault: FaultKind, member: Member): Promise<void> {
    const owned = (await statusOf(member))?.owned ?? []
    const stoppedAtMs = performance.now()
    member.process.pause()
    await this.#awaitTakeover(fault, member, owned, stoppedAtMs)
    await this.#wait(500, 3_000)
    member.process.resume()
  }

  async #awaitTakeover(
    fault: FaultKind,
    from: Member,
    owned: readonly number[],
    sinceMs: number,
  ): Promise<void> {
    const waiting = new Set(owned)
    while (waiting.size > 0) {
      for (const partition of waiting) {
        const takeover = this.watch.takeoverSince(partition, sinceMs, from.process.name)
        if (takeover?.firstCycleAtMs === undefined) continue
        waiting.delete(partition)
        const milliseconds = Math.round(takeover.firstCycleAtMs - sinceMs)
        this.takeovers.push({ fault, partition, milliseconds })
      }
      if (performance.now() - sinceMs > TAKEOVER_BOUND_MS)
        throw new Error(`nobody has taken over partition ${[...waiting].join(', ')} of ${from.process.name}`)
      await pause(LOOK_EVERY_MS)
    }
  }

  async #spoil(
    member: Member,
    leastMs: number,
    mostMs: number,
    harm: (proxy: Member['proxies'][number]) => void,
  ): Promise<void> {
    for (const proxy of member.proxies) harm(proxy)
    await this.#wait(leastMs, mostMs)
    for (const proxy of member.proxies) proxy.heal()
  }

  async #killBroker(index: number): Promise<void> {
    await signalBroker(this.setting.clusterFolder, index, 'SIGKILL')
    await this.#wait(1_000, 5_000)
    await restartBroker(this.setting.clusterFolder, index)
  }

  async #pauseBroker(index: number): Promise<void> {
    await signalBroker(this.setting.clusterFolder, index, 'SIGSTOP')
    await this.#wait(1_000, 6_000)
    await signalBroker(this.setting.clusterFolder, index, 'SIGCONT')
  }

  #anyBroker(): number {
    return this.random.integer(0, this.setting.settings.replication - 1)
  }

  /** Broker that leads a partition of the journal. */
  async #leader(): Promise<number> {
    const { settings } = this.setting
    const admin = await openAdmin(settings)
    try {
      const [journal] = await admin.describeTopics([topicOf(settings.topicPrefix, JOURNAL_STREAM)])
      const { leader } = this.random.pick(journal.partitions)
      return leader > 0 ? leader - 1 : this.#anyBroker()
    } finally {
      await admin.close()
    }
  }

  async #wait(leastMs: number, mostMs: number): Promise<void> {
    await pause(this.random.integer(leastMs, mostMs))
  }
}

/** The engine is the projector's only child; where the system does not tell, nothing is killed. */
function killChildren(parent: number | undefined): void {
  const path = `/proc/${parent}/task/${parent}/children`
  if (parent === undefined || !existsSync(path)) return
  for (const pid of readFileSync(path, 'utf8').split(' ').map(Number)) {
    if (pid <= 0) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended between the look and the signal.
    }
  }
}
