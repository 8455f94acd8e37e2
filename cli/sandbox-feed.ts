/**
 * `weir sandbox feed`: live records of simulated groups into Weir's topics, with current times, at a rate.
 * Depends on commander and the sandbox's live feed.
 */
import type { Command } from 'commander'
import { Sender } from '../pipeline/runtime/kafka/files/sender.js'
import { openSchemaSource } from '../pipeline/runtime/registry/schema-source.js'
import { groundTruthOf, writeGroundTruth } from '../sandbox/live-feed/ground-truth.js'
import { runFeed } from '../sandbox/live-feed/run-feed.js'
import { wholeNumber } from './flags.js'
import { stopOnInterruption } from './interruption.js'
import { addKafkaFlags, addRegisterFlag, type KafkaFlags, kafkaTarget } from './kafka-flags.js'
import { note, printJson, printText } from './output.js'

interface FeedFlags extends KafkaFlags {
  readonly groups: number
  readonly rate: number
  readonly seconds: number
  readonly seed: string
  readonly groupPrefix: string
  readonly venue: string
  readonly answerWithin: number
  readonly supervised: number
  readonly faulty?: boolean
  readonly truth?: string
}

export function registerFeed(sandbox: Command): void {
  const command = sandbox
    .command('feed')
    .description("send live records of simulated groups to Weir's topics, with current times")
  addRegisterFlag(addKafkaFlags(command))
    .option('--groups <n>', 'groups, spread over the partitions', wholeNumber('--groups', 1, 10_000), 8)
    .option('--rate <n>', 'movements a second, over all groups', wholeNumber('--rate', 1, 100_000), 100)
    .option('--seconds <n>', 'how long', wholeNumber('--seconds', 1, 7 * 86_400), 60)
    .option('--seed <text>', 'same seed, same amounts', '7')
    .option(
      '--group-prefix <text>',
      'names of the groups begin with it; a second feed needs another one',
      'live',
    )
    .option('--venue <id>', 'venue of all rails and facilities', 'simulated-bank')
    .option(
      '--answer-within <s>',
      'silence of the venue after which it is asked',
      wholeNumber('--answer-within', 1, 3_600),
      120,
    )
    .option(
      '--supervised <n>',
      'so many of the groups ask people before they send anything',
      wholeNumber('--supervised', 0, 10_000),
      0,
    )
    .option('--faulty', 'now and then a record that nobody can use')
    .option('--truth <file>', 'write what was sent, and what every account must hold, as JSON')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Each group has three accounts in two currencies, rails that are open around the clock, a credit line and a policy. One record
in twenty is late, one comes twice. Ctrl-C ends it; what was sent is still waited for.

Example:
  $ weir sandbox feed --kafka localhost:9092 --groups 8 --rate 100 --seconds 60
Docs: docs/kafka-venues.md`,
    )
    .action(feed)
}

async function feed(flags: FeedFlags): Promise<void> {
  const target = kafkaTarget(flags)
  const schemas = openSchemaSource(target.registry, target.kafka.topicPrefix)
  const sender = await Sender.open(target.kafka)
  const stop = new AbortController()
  const running = runFeed({
    topicPrefix: target.kafka.topicPrefix,
    sender,
    schemas,
    seed: flags.seed,
    groups: flags.groups,
    groupPrefix: flags.groupPrefix,
    venueId: flags.venue,
    answerWithinSeconds: flags.answerWithin,
    supervised: flags.supervised,
    faulty: flags.faulty === true,
    ratePerSecond: flags.rate,
    seconds: flags.seconds,
    signal: stop.signal,
    onProgress: ({ movements }) => {
      if (flags.json !== true) note(`${movements.toLocaleString('en-US')} movements`)
    },
  }).then(({ feed: made, run }) => {
    const truth = groundTruthOf(made, run)
    if (flags.truth !== undefined) writeGroundTruth(flags.truth, truth)
    const { groups, movements, repeated, faulty, messages } = truth
    if (flags.json === true) printJson({ groups, movements, repeated, faulty, messages })
    else
      printText(`${movements} movements of ${groups.length} groups, ${repeated} of them twice, acknowledged`)
  })
  const forget = stopOnInterruption(() => {
    stop.abort()
    return running.catch(() => undefined)
  })
  try {
    await running
  } finally {
    forget()
    schemas.close()
    await sender.close()
  }
}
