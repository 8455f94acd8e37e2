/**
 * Where a letter goes: the topics of Kafka, the drop folder of a run, or a folder for somebody else to send.
 *
 * Exactly one, and it is said which. Depends on the flags.
 */
import { WeirError } from '../../pipeline/errors.js'
import { type KafkaTarget, kafkaTarget } from '../kafka-flags.js'
import type { TargetFlags } from './people-flags.js'
import type { PersonConfig } from './person-config.js'

export type Target =
  | { readonly kind: 'kafka'; readonly kafka: KafkaTarget }
  | { readonly kind: 'run'; readonly dataDir: string }
  | { readonly kind: 'file'; readonly directory: string }

/** Flags name the target; the person's file only where no flag does. @throws WeirError WEIR_USAGE, WEIR_CONFIG */
export function targetOf(flags: TargetFlags, person: PersonConfig): Target {
  const isKafka = flags.kafka !== undefined || flags.config !== undefined
  const named = [
    ...(flags.out === undefined ? [] : ['--out']),
    ...(flags.dataDir === undefined ? [] : ['--data-dir']),
    ...(isKafka ? [flags.kafka === undefined ? '--config' : '--kafka'] : []),
  ]
  if (named.length > 1)
    throw new WeirError('WEIR_USAGE', `${named.join(' and ')} name two places`, {
      place: named[0] as string,
      remedy: 'give one of them',
    })
  if (flags.out !== undefined) return { kind: 'file', directory: flags.out }
  if (flags.dataDir !== undefined) return { kind: 'run', dataDir: flags.dataDir }
  if (isKafka) return { kind: 'kafka', kafka: kafkaTarget(flags) }
  if (person.config !== undefined && person.dataDir !== undefined)
    throw new WeirError('WEIR_CONFIG', 'config and dataDir name two places', {
      place: flags.personConfig ?? 'WEIR_PERSON',
      remedy: 'keep one of them, or say which by --config or --data-dir',
    })
  if (person.dataDir !== undefined) return { kind: 'run', dataDir: person.dataDir }
  if (person.config !== undefined)
    return { kind: 'kafka', kafka: kafkaTarget({ ...flags, config: person.config }) }
  throw new WeirError('WEIR_USAGE', 'nothing says where it goes', {
    place: '--config',
    remedy:
      'give --config or --kafka for topics, --data-dir for a run over a folder, or --out for a folder to be sent later',
  })
}

export function describeTarget(target: Target): string {
  if (target.kind === 'kafka')
    return `topics ${target.kafka.kafka.topicPrefix}* at ${target.kafka.kafka.bootstrapServers.join(', ')}`
  return target.kind === 'run' ? `the run in ${target.dataDir}` : `${target.directory}, to be sent later`
}
