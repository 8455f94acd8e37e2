/**
 * `weir status`: what an instance on Kafka says of itself.
 *
 * Depends on commander and node's fetch.
 */
import Table from 'cli-table3'
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import type { InstanceStatus, PartitionStatus } from '../pipeline/runtime/kafka/instance-status.js'
import { EXIT } from './failure.js'
import { printJson, printText } from './output.js'

interface StatusFlags {
  readonly url: string
  readonly json?: boolean
}

const ANSWER_WITHIN_MS = 5_000
/** A status of thousands of partitions is below this. */
const ANSWER_BYTES_MOST = 16 * 1024 * 1024

export function register(program: Command): void {
  program
    .command('status')
    .description('what an instance on Kafka owns, follows and waits for')
    .option('--url <url>', 'where the instance answers', 'http://127.0.0.1:9464')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Exit code 3 when a partition that it owns is not live, or a group of it is impaired.

Example:
  $ weir status --url http://127.0.0.1:9464`,
    )
    .action(status)
}

async function status(flags: StatusFlags): Promise<void> {
  const found = await ask(flags.url)
  if (flags.json === true) printJson(found)
  else printText(describe(found))
  const owned = found.partitions.filter(({ role }) => role === 'owner')
  const isWell = owned.every(({ stage, impaired }) => stage === 'live' && Object.keys(impaired).length === 0)
  if (!isWell) process.exitCode = EXIT.different
}

async function ask(url: string): Promise<InstanceStatus> {
  let text: string
  try {
    const answer = await fetch(new URL('/status', url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    text = await answer.text()
    if (!answer.ok || text.length > ANSWER_BYTES_MOST) throw new Error(`HTTP ${answer.status}`)
    return JSON.parse(text) as InstanceStatus
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new WeirError(
      'WEIR_NOT_FOUND',
      `no instance answers: ${cause instanceof Error ? cause.message : cause}`,
      {
        place: url.replace(/\/\/[^@/]*@/, '//'),
        remedy: 'give the address that `weir run` printed when it began',
        cause: error,
      },
    )
  }
}

function describe({ instance, lifeCycle, startedAt, partitions }: InstanceStatus): string {
  const table = new Table({
    head: ['partition', 'role', 'stage', 'groups', 'journal', 'records', 'cycles', 'instructions', 'lag'],
    style: { head: [], border: [] },
    colAligns: ['right', 'left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
  })
  for (const one of partitions) table.push(row(one))
  const failures = partitions.filter(({ failure }) => failure !== undefined)
  const hindered = partitions.filter(({ hindrance }) => hindrance !== undefined)
  const impaired = partitions.flatMap((one) => Object.entries(one.impaired))
  return [
    `${instance}: ${lifeCycle}, since ${startedAt}`,
    table.toString(),
    ...failures.map(({ partition, failure }) => `partition ${partition} stopped: ${failure}`),
    ...hindered.map(({ partition, hindrance }) => `partition ${partition} waits: ${hindrance}`),
    ...impaired.map(([group, agent]) => `group ${group}: its agent is ${agent}`),
  ].join('\n')
}

function row(status: PartitionStatus): string[] {
  const { partition, role, stage, groups, nextSequence, records, cycles, instructions, lag, paused } = status
  const numbers = [groups, nextSequence, records, cycles, instructions]
  const behind = lag === undefined ? '' : lag < 0 ? '?' : String(lag)
  return [
    String(partition),
    role,
    paused === true ? `${stage}, paused` : stage,
    ...numbers.map((value) => (value === undefined ? '' : value.toLocaleString('en-US'))),
    behind,
  ]
}
