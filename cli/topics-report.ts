/**
 * What `weir topics` found and did, for people and for programs. Pure.
 */
import type {
  Action,
  Findings,
  SubjectFinding,
  TopicFinding,
} from '../pipeline/runtime/kafka/topics/survey.js'
import { isAsWanted } from '../pipeline/runtime/kafka/topics/survey.js'
import { fixedIdOf } from '../pipeline/runtime/registry/stream-schemas.js'
import { formatTable } from './amounts.js'

export function findingsJson(findings: Findings): object {
  return {
    asWanted: isAsWanted(findings),
    topics: findings.topics.map(({ layout, state, differences }) => ({
      topic: layout.topic,
      stream: layout.stream,
      state,
      partitions: layout.partitions,
      replication: layout.replication,
      settings: layout.settings,
      differences,
      // Without a registry the id is known beforehand; producers of one's own need it.
      ...(findings.subjects.length === 0 ? { schemaId: fixedIdOf(layout.stream) } : {}),
    })),
    subjects: findings.subjects.map(({ subject, stream, state, id, wantedLevel, foundLevel, reasons }) => ({
      subject,
      stream,
      state,
      schemaId: id ?? null,
      wantedLevel,
      foundLevel: foundLevel ?? null,
      reasons,
    })),
  }
}

export function describeFindings(findings: Findings): string {
  const { topics, subjects } = findings
  const parts = [describeTopics(topics), ...(subjects.length === 0 ? [] : [describeSubjects(subjects)])]
  return parts.join('\n')
}

function describeTopics(topics: readonly TopicFinding[]): string {
  const rows = topics.flatMap(({ layout, state, differences }): string[][] => {
    if (state === 'missing') {
      const policy = layout.settings['cleanup.policy'] ?? ''
      return [
        [
          layout.topic,
          'to be made',
          '',
          `${layout.partitions} partitions, ${layout.replication} copies, ${policy}`,
          '',
        ],
      ]
    }
    return differences.map(({ key, wanted, found, alterable }) => [
      layout.topic,
      alterable ? 'with --alter' : 'never changed',
      key,
      wanted,
      found,
    ])
  })
  const good = topics.filter(({ state }) => state === 'as-wanted').length
  const summary = `${good} of ${topics.length} topics are as they should be`
  const notes = [
    ...new Set(
      topics.flatMap(({ differences }) =>
        differences.filter((d) => !d.alterable).map((d) => `${d.key}: ${d.note}`),
      ),
    ),
  ]
  const table =
    rows.length === 0 ? '' : formatTable(['topic', 'change', 'setting', 'wanted', 'found'], rows, [])
  return [`${table}${summary}`, ...notes].join('\n')
}

const SUBJECT_WORDS: Readonly<Record<SubjectFinding['state'], string>> = {
  missing: 'to be registered',
  incompatible: 'incompatible',
  'level-differs': 'level: with --alter',
  'as-wanted': '',
}

function describeSubjects(subjects: readonly SubjectFinding[]): string {
  const rows = subjects
    .filter(({ state }) => state !== 'as-wanted')
    .map(({ subject, state, wantedLevel, foundLevel }) => [
      subject,
      SUBJECT_WORDS[state],
      wantedLevel,
      foundLevel ?? '',
    ])
  const good = subjects.length - rows.length
  const reasons = subjects
    .filter(({ state }) => state === 'incompatible')
    .map(({ subject, reasons: given }) => `${subject}: ${given.join('; ') || 'the registry gives no reason'}`)
  const table =
    rows.length === 0 ? '' : formatTable(['subject', 'change', 'wanted level', 'found level'], rows, [])
  return [`${table}${good} of ${subjects.length} schemas are registered as they should be`, ...reasons].join(
    '\n',
  )
}

export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'topic-created':
      return `made topic ${action.topic}`
    case 'setting-changed':
      return `changed ${action.topic}: ${action.key} = ${action.to}`
    case 'schema-registered':
      return `registered ${action.subject} as schema ${action.id}`
    case 'level-set':
      return `set ${action.subject} to ${action.to}`
  }
}
