/**
 * The flags of the commands of people: who gives it, to which group, how long it counts, where it goes.
 * Depends on commander, the person configuration and the flags of Kafka.
 */
import { type Command, Option } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { required } from '../flags.js'
import { addKafkaFlags, addRegisterFlag, type KafkaFlags } from '../kafka-flags.js'
import { loadPersonConfig, type PersonConfig } from './person-config.js'
import { duration, instant } from './times.js'

export interface TargetFlags extends KafkaFlags {
  readonly personConfig?: string
  readonly dataDir?: string
  readonly out?: string
  readonly group?: string
  /** Milliseconds; false with --no-wait. */
  readonly wait: number | false
  readonly yes?: boolean
}

export interface PeopleFlags extends TargetFlags {
  readonly as?: string
  readonly key?: string
  readonly credential?: string
  readonly roster?: string
  readonly reason?: string
  readonly expiresIn?: number
  readonly at?: number
}

const DAY_MS = 86_400_000
const DEFAULT_WAIT_MS = 30_000
const WAIT_MOST_MS = 600_000

export const PERSON_CONFIG_FLAG = [
  '--person-config <file>',
  'defaults of these flags; environment: WEIR_PERSON',
] as const

export function waitOption(): Option {
  return new Option('--wait <duration>', 'how long its effect is waited for')
    .argParser(duration('--wait', WAIT_MOST_MS))
    .default(DEFAULT_WAIT_MS, '30s')
}

export const PEOPLE_HELP = `
It is signed here, sent, and followed until the agent has taken or refused it. Exit codes: 0 it took effect (or was sent,
where nothing is waited for), 3 it was refused, 4 not seen in time.
--as, --key, --credential, --roster, --group, --config and --data-dir have defaults in the YAML file of --person-config or the
environment variable WEIR_PERSON: keys person, key, credential, roster, group, config, dataDir.
Docs: docs/governance-commands.md`

/** Where it goes and what is said; for what needs no author too. */
export function addTargetFlags(command: Command): Command {
  command
    .option('--group <id>', "liquidity group, or '*' for every one")
    .option(
      '--data-dir <dir>',
      'the data directory of a run over a folder that is under way: weir run --follow',
    )
    .option('--out <dir>', 'send nothing: write DIR/<stream>/*.avro, which weir produce --input DIR sends')
  addRegisterFlag(addKafkaFlags(command))
    .option(...PERSON_CONFIG_FLAG)
    .addOption(waitOption())
    .option('--no-wait', 'do not wait for the effect')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON document; needs --yes')
  return command
}

/** Who signs, and why. */
export function addSignerFlags(command: Command): Command {
  return command
    .option('--reason <text>', 'needed: why, for the record')
    .option('--as <person>', 'who gives it, by the name in the roster')
    .option('--key <file>', 'private key of the person, PKCS#8 PEM of Ed25519')
    .option('--credential <file>', 'credential of a sign-in, when the roster does not hold the key')
    .option('--roster <id>', 'roster that names the person')
}

/** Where it goes, who signs, why and until when. */
export function addPeopleFlags(command: Command): Command {
  addSignerFlags(command)
    .option(
      '--expires-in <duration>',
      'until when it counts (default: 15m; 24h with --data-dir)',
      duration('--expires-in', DAY_MS),
    )
    .option(
      '--at <time>',
      'when it is made (default: now; with --data-dir, the time that the run has come to)',
      instant('--at'),
    )
  return addTargetFlags(command)
}

/** Flags over the person's file; `command` is named where one is missing. */
export class Settings {
  readonly person: PersonConfig

  constructor(
    readonly flags: PeopleFlags,
    readonly command: string,
  ) {
    this.person = loadPersonConfig(flags.personConfig)
    if (flags.json === true && flags.yes !== true)
      throw new WeirError('WEIR_USAGE', 'nobody can be asked where one JSON document is printed', {
        place: '--json',
        remedy: 'give --yes too',
      })
  }

  get author(): string {
    return this.#needed(this.flags.as ?? this.person.person, '--as')
  }

  get keyFile(): string {
    return this.#needed(this.flags.key ?? this.person.key, '--key')
  }

  get credentialFile(): string | undefined {
    return this.flags.credential ?? this.person.credential
  }

  get rosterId(): string {
    return this.#needed(this.flags.roster ?? this.person.roster, '--roster')
  }

  get reason(): string {
    const reason = this.#needed(this.flags.reason, '--reason').trim()
    if (reason !== '' && reason.length <= 1_024) return reason
    throw new WeirError('WEIR_USAGE', 'the reason must have 1 to 1,024 characters', {
      place: '--reason',
      remedy: 'say why in a sentence',
    })
  }

  groupOr(fallback: string | undefined): string {
    return this.#needed(this.flags.group ?? this.person.group ?? fallback, '--group')
  }

  #needed(value: string | undefined, flag: string): string {
    return required(value, flag, this.command)
  }
}
