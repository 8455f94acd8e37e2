/**
 * Principals with just the access rules that a test gives them, on a secure cluster of its own.
 *
 * They come by OAUTHBEARER with tokens that nobody signs, so that any name can log in; the broker's rules are the same for each way to log in.
 * Depends on deploy/kafka and on the `weir` command.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { grantsOf, principals, type Rule } from '../../../deploy/kafka/acls.mjs'
import type { InstanceStatus } from '../../../pipeline/runtime/kafka/instance-status.js'
import { defaultSettings, type KafkaSettings } from '../../../pipeline/runtime/kafka/settings.js'
import { root } from '../../house/repository.js'
import type { KafkaCluster } from './cluster.js'

/** Longer than any test. */
const TOKEN_SECONDS = 3_600
const WATCH_MS = 100
const STATUS_BOUND_MS = 2_000

export interface Variant {
  /** The principal that has all but one. */
  readonly name: string
  readonly rules: readonly Rule[]
  /** What was taken away. */
  readonly missing: Rule
  readonly operation: string
}

export function rulesOf(principal: string): readonly Rule[] {
  const found = principals().find((each) => each.principal === principal)
  if (found === undefined) throw new Error(`no principal ${principal}`)
  return found.rules
}

/** Each rule and each operation of it, taken away once. */
export function withoutOne(principal: string): readonly Variant[] {
  const rules = rulesOf(principal)
  return rules.flatMap((missing, index) =>
    missing.operations.map((operation) => {
      const operations = missing.operations.filter((other) => other !== operation)
      const less = operations.length === 0 ? [] : [{ ...missing, operations }]
      const name = `${principal}-without-${index}-${operation}`
      return {
        name,
        rules: [...rules.slice(0, index), ...less, ...rules.slice(index + 1)],
        missing,
        operation,
      }
    }),
  )
}

export class Principals {
  readonly #cluster: KafkaCluster
  readonly #folder: string

  constructor(cluster: KafkaCluster, folder: string) {
    this.#cluster = cluster
    this.#folder = folder
  }

  async grant(name: string, rules: readonly Rule[]): Promise<void> {
    await this.#cluster.grant(grantsOf(name, rules))
  }

  /** Settings of ports that a test uses itself. */
  settings(name: string): KafkaSettings {
    return {
      ...defaultSettings(this.#cluster.bootstrap.split(',')),
      instance: name,
      tls: { caFile: this.#caPath },
      sasl: { mechanism: 'OAUTHBEARER', unsecured: `principal=${name}` },
    }
  }

  /** Path of a configuration file by which a command comes as this principal. */
  configuration(name: string, more: readonly string[] = [], kafka: readonly string[] = []): string {
    const folder = join(this.#folder, name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'token'), unsignedToken(name))
    const path = join(folder, 'weir.yaml')
    writeFileSync(
      path,
      [
        'dataDir: data',
        'workers: 1',
        'clickhouse: { mode: "off" }',
        ...more,
        'kafka:',
        `  bootstrapServers: ${this.#cluster.bootstrap}`,
        '  partitions: 2',
        '  replication: 1',
        `  tls: { caFile: ${this.#caPath} }`,
        '  sasl: { mechanism: OAUTHBEARER, tokenFile: token }',
        ...kafka.map((line) => `  ${line}`),
        '',
      ].join('\n'),
    )
    return path
  }

  get #caPath(): string {
    return this.#cluster.security?.caPath ?? ''
  }
}

function unsignedToken(name: string): string {
  const now = Math.floor(Date.now() / 1_000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: name, iat: now, exp: now + TOKEN_SECONDS })}.`
}

/** A `weir` process that runs until it is told to end. */
export class Running {
  readonly child: ChildProcess
  output = ''
  readonly ended: Promise<number | null>

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [join(root, 'bin', 'weir.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
  }

  /** Waits until what it printed matches; ends with what it printed when it ends before, or does not in time. */
  async prints(pattern: RegExp, boundMs: number): Promise<RegExpExecArray> {
    const untilMs = performance.now() + boundMs
    let over = false
    void this.ended.then(() => {
      over = true
    })
    for (;;) {
      const found = pattern.exec(this.output)
      if (found !== null) return found
      if (over || performance.now() > untilMs)
        throw new Error(`${over ? 'it ended' : 'in time'} without ${pattern}: ${this.output.slice(-4_000)}`)
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS))
    }
  }

  async status(): Promise<InstanceStatus | undefined> {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(this.output)?.[0]
    if (url === undefined) return undefined
    try {
      const answer = await fetch(`${url}/status`, { signal: AbortSignal.timeout(STATUS_BOUND_MS) })
      return (await answer.json()) as InstanceStatus
    } catch {
      return undefined
    }
  }

  /** Asks until the status is as wanted. */
  async reaches(
    what: string,
    wanted: (status: InstanceStatus) => boolean,
    boundMs: number,
  ): Promise<InstanceStatus> {
    const untilMs = performance.now() + boundMs
    for (;;) {
      const found = await this.status()
      if (found !== undefined && wanted(found)) return found
      if (performance.now() > untilMs)
        throw new Error(`not in time: ${what}; ${JSON.stringify(found)}; ${this.output.slice(-4_000)}`)
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS))
    }
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal)
    return this.ended
  }
}
