/**
 * `weir topics plan|apply|check`: Weir's topics and schemas as they are, against what they should be.
 * Depends on commander, the survey of topics and `topics-report.ts`.
 */
import type { Command } from 'commander'
import { TopicAdmin } from '../pipeline/runtime/kafka/topics/admin.js'
import { MOST_PARTITIONS, MOST_REPLICATION, topicLayouts } from '../pipeline/runtime/kafka/topics/layout.js'
import {
  type Action,
  apply,
  type Findings,
  isAsWanted,
  type Registry,
  survey,
} from '../pipeline/runtime/kafka/topics/survey.js'
import { RegistryClient } from '../pipeline/runtime/registry/client.js'
import { EXIT } from './failure.js'
import { wholeNumber } from './flags.js'
import { addKafkaFlags, addRegisterFlag, type KafkaFlags, kafkaTarget } from './kafka-flags.js'
import { note, printJson, printText } from './output.js'
import { describeAction, describeFindings, findingsJson } from './topics-report.js'

interface TopicsFlags extends KafkaFlags {
  readonly partitions?: number
  readonly replication?: number
  readonly alter?: boolean
}

const SEE = '\nDocs: docs/kafka-topics.md'

export function register(program: Command): void {
  const topics = program.command('topics').description("Weir's topics in Kafka and their schemas")
  addFlags(topics.command('plan').description('show what `weir topics apply` would do; changes nothing'))
    .addHelpText(
      'after',
      `\nExample:\n  $ weir topics plan --kafka broker:9092 --registry-url http://registry:8081${SEE}`,
    )
    .action(plan)
  addRegisterFlag(
    addFlags(topics.command('apply').description('make what is missing; what is there is left as it is')),
  )
    .option(
      '--alter',
      'also change settings and compatibility levels that differ; partitions are never changed',
    )
    .addHelpText(
      'after',
      `\nExamples:\n  $ weir topics apply --config weir.yaml\n  $ weir topics apply --kafka localhost:9092 --partitions 4 --replication 1${SEE}`,
    )
    .action(applyAll)
  addFlags(topics.command('check').description('exit 3 when a topic or schema is missing or differs'))
    .addHelpText('after', `\nExample:\n  $ weir topics check --config weir.yaml --json${SEE}`)
    .action(check)
}

function addFlags(command: Command): Command {
  return addKafkaFlags(command)
    .option(
      '--partitions <n>',
      'of every topic; kafka.partitions',
      wholeNumber('--partitions', 1, MOST_PARTITIONS),
    )
    .option(
      '--replication <n>',
      'copies of every topic; kafka.replication',
      wholeNumber('--replication', 1, MOST_REPLICATION),
    )
    .option('--json', 'print one JSON document')
}

async function plan(flags: TopicsFlags): Promise<void> {
  await show(flags)
}

async function check(flags: TopicsFlags): Promise<void> {
  const findings = await show(flags)
  if (!isAsWanted(findings)) process.exitCode = EXIT.different
}

async function show(flags: TopicsFlags): Promise<Findings> {
  const findings = await withTarget(flags, ({ look }) => look())
  if (flags.json === true) printJson(findingsJson(findings))
  else printText(describeFindings(findings))
  return findings
}

async function applyAll(flags: TopicsFlags): Promise<void> {
  const actions: Action[] = []
  const left = await withTarget(flags, async ({ admin, registry, look }) => {
    await apply(admin, await look(), registry, flags.alter === true, (action) => {
      actions.push(action)
      if (flags.json !== true) note(describeAction(action))
    })
    return look()
  })
  if (flags.json === true) printJson({ done: actions, ...findingsJson(left) })
  else printText(describeFindings(left))
  if (!isAsWanted(left)) process.exitCode = EXIT.different
}

interface Target {
  readonly admin: TopicAdmin
  readonly registry: Registry | undefined
  look(): Promise<Findings>
}

async function withTarget<T>(flags: TopicsFlags, use: (target: Target) => Promise<T>): Promise<T> {
  const target = kafkaTarget(flags)
  const prefix = target.kafka.topicPrefix
  const layouts = topicLayouts({
    prefix,
    partitions: flags.partitions ?? target.kafka.partitions,
    replication: flags.replication ?? target.kafka.replication,
  })
  const admin = await TopicAdmin.open(target.kafka)
  const registry =
    target.registry === undefined
      ? undefined
      : { client: new RegistryClient(target.registry), settings: target.registry, prefix }
  try {
    return await use({ admin, registry, look: () => survey(admin, layouts, registry) })
  } finally {
    registry?.client.close()
    await admin.close()
  }
}
