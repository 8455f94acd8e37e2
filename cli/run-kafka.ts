/**
 * `weir run` on Kafka: one instance, until it is told to end.
 *
 * SIGTERM and Ctrl-C drain: what is under way is committed, partitions are handed over, the group is left. A second signal does not wait;
 * nothing is lost by it either. Depends on the runtime's instance and the configuration.
 */

import { InstanceServer } from '../pipeline/runtime/kafka/instance-server.js'
import { statusOf } from '../pipeline/runtime/kafka/instance-status.js'
import { runInstance } from '../pipeline/runtime/kafka/run-instance.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { loadConfiguration } from './configuration.js'
import { endSignal } from './interruption.js'
import { type KafkaFlags, kafkaTarget } from './kafka-flags.js'
import { note, printJson } from './output.js'
import { packageVersion } from './package-version.js'
import type { RunSettings } from './run-settings.js'

export interface InstanceFlags extends KafkaFlags {
  readonly instance?: string
  readonly standby?: boolean
  readonly statusPort?: number
}

const DEFAULT_STATUS_PORT = 9464
const LOOPBACK = '127.0.0.1'

export async function runOnKafka(flags: InstanceFlags, settings: RunSettings): Promise<void> {
  const file = loadConfiguration(flags.config)
  const target = kafkaTarget(flags)
  const kafka = {
    ...target.kafka,
    instance: flags.instance ?? target.kafka.instance,
    standby: flags.standby ?? target.kafka.standby,
  }
  const startedAt = new Date()
  const { heartbeatMillis } = settings.timing
  await runInstance({
    kafka,
    registry: target.registry,
    dataDir: settings.dataDir,
    workers: settings.workers,
    agentModule: new URL('../pipeline/agent.js', import.meta.url),
    optimizer: await compileOptimizer(),
    version: packageVersion(),
    logger: settings.log.child({ instance: kafka.instance }),
    ...(heartbeatMillis === undefined ? {} : { heartbeatMillis }),
    ...(file.snapshotEveryEntries === undefined ? {} : { snapshotEveryEntries: file.snapshotEveryEntries }),
    signal: endSignal(),
    onStarted: async (instance, lagOf) => {
      const server = await InstanceServer.listen({
        host: file.status?.host ?? LOOPBACK,
        port: flags.statusPort ?? file.status?.port ?? DEFAULT_STATUS_PORT,
        instanceId: kafka.instance,
        status: () => statusOf({ instance, instanceId: kafka.instance, startedAt, lagOf }),
        isHealthy: () => instance.fault === undefined,
      })
      const statusUrl = `http://${file.status?.host ?? LOOPBACK}:${server.port}`
      if (flags.json === true) printJson({ instance: kafka.instance, statusUrl })
      else note(`weir: instance ${kafka.instance} runs; weir status --url ${statusUrl}`)
      return server
    },
  })
  if (flags.json !== true) note('weir: drained and stopped')
}
