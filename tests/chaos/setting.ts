/**
 * What is put up to be broken: brokers, registry and topics, two instances behind proxies of their own, and the bank.
 *
 * The instances know the brokers only by the proxies; bank, feed and audits come directly. Data and logs are in one folder that stays until
 * it is removed. Depends on deploy/kafka and on the `weir` command.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../../deploy/kafka/ports.mjs'
import { bootstrapOf, registryUrlOf } from '../../deploy/kafka/state.mjs'
import { startTemporaryCluster } from '../../deploy/kafka/temporary.mjs'
import type { InstanceStatus } from '../../pipeline/runtime/kafka/instance-status.js'
import { defaultSettings, type KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { root } from '../house/repository.js'
import { Supervised } from './supervised.js'
import { TcpProxy } from './tcp-proxy.js'

export interface SettingOptions {
  readonly brokers: 1 | 3
  readonly partitions: number
  readonly sessionTimeoutMillis: number
  readonly seed: string
  readonly timeScale: number
  /** Whether a projector runs beside. */
  readonly projects: boolean
  readonly tell: (text: string) => void
}

export interface Member {
  readonly process: Supervised
  readonly statusUrl: string
  /** One for each broker. */
  readonly proxies: readonly TcpProxy[]
}

export const TOPIC_PREFIX = 'weir.'
const INSTANCES = ['one', 'two'] as const
const STATUS_BOUND_MS = 1_000
const TOPICS_BOUND_MS = 120_000
const PROJECTION_BOUND_MS = 300_000
/** Often enough that a takeover in a run of minutes meets snapshots of every age. */
const SNAPSHOT_EVERY_ENTRIES = 2_000
/** Silent venues are asked within this. */
const HEARTBEAT_MILLIS = 1_000

export class Setting {
  readonly folder: string
  readonly clusterFolder: string
  readonly settings: KafkaSettings
  readonly registryUrl: string
  readonly members: readonly Member[]
  readonly bank: Supervised
  /** Keeps an embedded ClickHouse equal to the journal; absent when not wanted. */
  readonly projector: Supervised | undefined
  readonly ledgerPath: string
  readonly #projection: readonly string[]
  readonly #stopCluster: () => Promise<void>

  private constructor(
    folder: string,
    cluster: Awaited<ReturnType<typeof startTemporaryCluster>>,
    members: readonly Member[],
    options: SettingOptions,
  ) {
    this.folder = folder
    this.clusterFolder = cluster.directory
    this.#stopCluster = cluster.stop
    this.registryUrl = registryUrlOf(cluster.state) ?? ''
    this.settings = {
      ...defaultSettings(bootstrapOf(cluster.state).split(',')),
      topicPrefix: TOPIC_PREFIX,
      sessionTimeoutMillis: options.sessionTimeoutMillis,
      partitions: options.partitions,
      replication: options.brokers,
    }
    this.members = members
    this.ledgerPath = join(folder, 'bank.ledger')
    const config = join(folder, 'bank.yaml')
    const servers = this.settings.bootstrapServers
    writeFileSync(config, configuration({ servers, registryUrl: this.registryUrl, ...options }))
    const flags = [
      '--ledger',
      this.ledgerPath,
      '--seed',
      options.seed,
      '--time-scale',
      `${options.timeScale}`,
    ]
    this.bank = new Supervised('bank', ['bank', '--config', config, ...flags], folder)
    this.#projection = ['project', '--config', config, '--data-dir', join(folder, 'clickhouse')]
    this.projector = options.projects ? new Supervised('projector', this.#projection, folder) : undefined
  }

  static async open(options: SettingOptions): Promise<Setting> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'weir-chaos-'))
    const { brokers, tell } = options
    const cluster = await startTemporaryCluster({
      brokers,
      registry: true,
      secure: false,
      proxied: INSTANCES.length,
      keepsData: true,
      tell,
    })
    const registryUrl = registryUrlOf(cluster.state) ?? ''
    const statusPorts = await freePorts(INSTANCES.length)
    const members: Member[] = []
    for (const [index, name] of INSTANCES.entries()) {
      const listeners = cluster.state.brokers.map(({ proxied = [] }) => proxied[index])
      const proxies = await Promise.all(
        listeners.map((each) => TcpProxy.listen(each.advertisedPort, each.port)),
      )
      const servers = listeners.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`)
      const config = join(folder, `${name}.yaml`)
      mkdirSync(join(folder, name))
      writeFileSync(config, configuration({ servers, registryUrl, ...options, instance: name }))
      const port = String(statusPorts[index])
      const args = ['--log-level', 'info', 'run', '--config', config, '--status-port', port]
      members.push({
        process: new Supervised(name, [...args, '--data-dir', join(folder, name)], folder),
        statusUrl: `http://127.0.0.1:${port}/status`,
        proxies,
      })
    }
    const setting = new Setting(folder, cluster, members, options)
    await setting.#makeTopics(options)
    return setting
  }

  get processes(): readonly Supervised[] {
    return [
      ...this.members,
      { process: this.bank },
      ...(this.projector === undefined ? [] : [{ process: this.projector }]),
    ].map(({ process: each }) => each)
  }

  /** What ClickHouse differs in from the journal, once all of it is projected; undefined when it is equal. Not while the projector runs. */
  async differencesOfProjection(): Promise<string | undefined> {
    if (this.projector === undefined) return undefined
    await weir([...this.#projection, '--until-end'], PROJECTION_BOUND_MS)
    try {
      await weir([...this.#projection, '--verify', '--json'], PROJECTION_BOUND_MS)
      return undefined
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
      return `${stdout ?? ''} ${stderr ?? error}`.trim()
    }
  }

  /** Ends what still runs, the brokers at last. */
  async close(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.kill()))
    for (const { proxies } of this.members) await Promise.all(proxies.map((proxy) => proxy.close()))
    await this.#stopCluster()
  }

  remove(): void {
    for (const folder of [this.folder, this.clusterFolder])
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #makeTopics({ partitions, brokers }: SettingOptions): Promise<void> {
    const target = ['--kafka', this.settings.bootstrapServers.join(','), '--registry-url', this.registryUrl]
    const shape = ['--register', '--partitions', `${partitions}`, '--replication', `${brokers}`]
    await weir(['topics', 'apply', ...target, ...shape], TOPICS_BOUND_MS)
  }
}

/** @throws with its output when the command fails */
async function weir(args: readonly string[], timeout: number): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, 'bin', 'weir.mjs'), ...args], { timeout })
}

/** What an instance says of itself; undefined when it does not answer. */
export async function statusOf({ statusUrl }: Member): Promise<InstanceStatus | undefined> {
  try {
    const answer = await fetch(statusUrl, { signal: AbortSignal.timeout(STATUS_BOUND_MS) })
    return answer.ok ? ((await answer.json()) as InstanceStatus) : undefined
  } catch {
    return undefined
  }
}

interface ConfigurationFacts {
  readonly servers: readonly string[]
  readonly registryUrl: string
  readonly sessionTimeoutMillis: number
  readonly partitions: number
  readonly brokers: number
  readonly instance?: string
}

function configuration(facts: ConfigurationFacts): string {
  const { servers, registryUrl, sessionTimeoutMillis, partitions, brokers, instance } = facts
  const own = instance === undefined ? [] : [`  instance: ${instance}`, '  standby: true']
  return [
    'workers: 1',
    `heartbeatMillis: ${HEARTBEAT_MILLIS}`,
    `snapshotEveryEntries: ${SNAPSHOT_EVERY_ENTRIES}`,
    'kafka:',
    `  bootstrapServers: [${servers.map((server) => `'${server}'`).join(', ')}]`,
    `  topicPrefix: '${TOPIC_PREFIX}'`,
    `  sessionTimeoutMillis: ${sessionTimeoutMillis}`,
    `  partitions: ${partitions}`,
    `  replication: ${brokers}`,
    ...own,
    `  registry: { url: '${registryUrl}', register: true }`,
    '',
  ].join('\n')
}
