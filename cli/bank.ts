/**
 * `weir bank`: the simulated bank as a process of its own behind the topics of instructions; `--dump` prints its ledger.
 * Depends on commander, the gateway and the sandbox's bank.
 */
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { ExecutionWriter } from '../pipeline/runtime/kafka/venue/execution-writer.js'
import { KafkaGateway } from '../pipeline/runtime/kafka/venue/kafka-gateway.js'
import { openSchemaSource } from '../pipeline/runtime/registry/schema-source.js'
import { readCollateralFile } from '../sandbox/bank/live/collateral-file.js'
import { Ledger, readBook } from '../sandbox/bank/live/ledger.js'
import { dumpOf, summaryOf } from '../sandbox/bank/live/ledger-dump.js'
import { LiveBank } from '../sandbox/bank/live/live-bank.js'
import { required } from './flags.js'
import { stopOnInterruption } from './interruption.js'
import { addKafkaFlags, addRegisterFlag, type KafkaFlags, kafkaTarget } from './kafka-flags.js'
import { note, printJson, printText } from './output.js'

interface BankFlags extends KafkaFlags {
  readonly ledger?: string
  readonly venue: string
  readonly seed: string
  readonly timeScale: number
  readonly dump?: boolean
  readonly collateral?: string
}

const TIME_SCALE_MOST = 10_000
/** Troubles are told this often at most: a broker that is away is told of many times a second. */
const TROUBLE_EVERY_MS = 2_000

export function register(program: Command): void {
  const command = program
    .command('bank')
    .description('a simulated bank behind the instruction topics, with a ledger that survives it')
    .option('--ledger <file>', 'needed: its durable ledger; an existing one is gone on with')
  addRegisterFlag(addKafkaFlags(command))
    .option('--venue <id>', 'whose instructions it carries out', 'simulated-bank')
    .option('--seed <text>', 'same seed, same fates', '7')
    .option(
      '--time-scale <x>',
      'how many times faster than usual it works: at 40, 2 s are 50 ms',
      parseScale,
      1,
    )
    .option(
      '--collateral <file>',
      'secured facilities and what assets cover there, JSON; see docs/kafka-venues.md',
    )
    .option('--dump', 'print the ledger and end; the bank may be running')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
It reads committed instructions only, carries each id out once, and reports to the topic of executions. Some it rejects, some
it is slow with, some it does in silence and tells of only when asked. After kill -9 the same command goes on from the ledger.
It runs until it is interrupted.

Examples:
  $ weir bank --config weir.yaml --ledger ./bank.ledger
  $ weir bank --kafka localhost:9092 --ledger ./bank.ledger --time-scale 40
  $ weir bank --ledger ./bank.ledger --dump
Docs: docs/kafka-venues.md`,
    )
    .action(bank)
}

async function bank(flags: BankFlags): Promise<void> {
  const path = required(flags.ledger, '--ledger', 'weir bank')
  if (flags.dump === true) {
    const { start, book } = readBook(path)
    printJson(dumpOf(start, book))
    return
  }
  const collateral = flags.collateral === undefined ? undefined : readCollateralFile(flags.collateral)
  const target = kafkaTarget(flags)
  const schemas = openSchemaSource(target.registry, target.kafka.topicPrefix)
  const { venue: venueId, seed, timeScale } = flags
  const ledger = await Ledger.open(path, { venueId, seed, collateral })
  const writer = await ExecutionWriter.open(target.kafka, schemas).catch(async (error: unknown) => {
    schemas.close()
    await ledger.close()
    throw error
  })
  const ended = new Ending()
  const live = new LiveBank({
    venueId,
    ledger,
    timeScale,
    report: (execution) => writer.write(execution),
    nowMicros: () => Date.now() * 1_000,
    failed: ended.fail,
  })
  const tellTrouble = new Troubles()
  const gateway = new KafkaGateway({
    settings: target.kafka,
    schemas,
    venue: live,
    onUnreadable: (place, reason) => note(`weir: ${place}: ${reason}`),
    onTrouble: (error) => tellTrouble.tell(error),
    failed: ended.fail,
  })
  void writer.failed.then(ended.fail)
  const close = async (): Promise<void> => {
    live.close()
    await gateway.close()
    schemas.close()
    // What had failed fails again here, and was told already.
    await writer.close().catch(ended.fail)
    await ledger.close().catch(ended.fail)
  }
  const forget = stopOnInterruption(async () => {
    await close()
    const summary = { ...summaryOf(ledger.book), redelivered: live.redelivered, reports: writer.written }
    if (flags.json === true) printJson(summary)
    else
      printText(
        Object.entries(summary)
          .map(([name, count]) => `${name} ${count}`)
          .join(', '),
      )
  })
  live.resume()
  gateway.open()
  note(`weir: bank ${venueId} is open, ${ledger.book.instructions.size} instructions in its ledger`)
  const failure = await ended.failure
  forget()
  await close()
  throw failure
}

/** The first failure ends the process; its next life goes on from the ledger. */
class Ending {
  #tell: (error: unknown) => void = () => {}
  readonly failure = new Promise<unknown>((resolve) => {
    this.#tell = resolve
  })
  readonly fail = (error: unknown): void => this.#tell(error)
}

class Troubles {
  #againAtMs = 0

  tell(error: WeirError): void {
    if (performance.now() < this.#againAtMs) return
    this.#againAtMs = performance.now() + TROUBLE_EVERY_MS
    note(`weir: ${error.toLine()}`)
  }
}

function parseScale(text: string): number {
  const value = /^[0-9]{1,5}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : 0
  if (value >= 0.01 && value <= TIME_SCALE_MOST) return value
  throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is not a time scale`, {
    place: '--time-scale',
    remedy: `give a number from 0.01 to ${TIME_SCALE_MOST}`,
  })
}
