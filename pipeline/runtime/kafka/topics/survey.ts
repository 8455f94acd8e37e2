/**
 * What is there of Weir's topics and schemas against what should be, and the making of what is missing.
 *
 * Nothing that is there is changed without being asked for: `apply` alters settings and compatibility levels with `alter` only, and
 * partitions, copies and schemas never. Depends on the admin client and the registry's.
 */
import type { TopicStream } from '../../distributed/topics.js'
import type { RegistryClient } from '../../registry/client.js'
import type { CompatibilityLevel, RegistrySettings } from '../../registry/settings.js'
import { schemaJsonOf, subjectOf } from '../../registry/stream-schemas.js'
import { inspectSubject } from '../../registry/subjects.js'
import type { TopicAdmin } from './admin.js'
import { differencesOf, type TopicDifference } from './differences.js'
import type { TopicLayout } from './layout.js'

export interface TopicFinding {
  readonly layout: TopicLayout
  /** `different`: it is there, and not as wanted. */
  readonly state: 'missing' | 'different' | 'as-wanted'
  readonly differences: readonly TopicDifference[]
}

export interface SubjectFinding {
  readonly stream: TopicStream
  readonly subject: string
  readonly state: 'missing' | 'incompatible' | 'level-differs' | 'as-wanted'
  /** Schema id; undefined until it is registered. */
  readonly id: number | undefined
  readonly wantedLevel: CompatibilityLevel
  readonly foundLevel: CompatibilityLevel | undefined
  /** Why it is incompatible, in the registry's words. */
  readonly reasons: readonly string[]
}

export interface Findings {
  readonly topics: readonly TopicFinding[]
  /** Empty without a registry. */
  readonly subjects: readonly SubjectFinding[]
}

export interface Registry {
  readonly client: RegistryClient
  readonly settings: RegistrySettings
  readonly prefix: string
}

export type Action =
  | { readonly kind: 'topic-created'; readonly topic: string }
  | { readonly kind: 'setting-changed'; readonly topic: string; readonly key: string; readonly to: string }
  | { readonly kind: 'schema-registered'; readonly subject: string; readonly id: number }
  | { readonly kind: 'level-set'; readonly subject: string; readonly to: CompatibilityLevel }

/** Changes nothing. @throws WeirError WEIR_KAFKA, WEIR_REGISTRY */
export async function survey(
  admin: TopicAdmin,
  layouts: readonly TopicLayout[],
  registry: Registry | undefined,
): Promise<Findings> {
  const found = await admin.describe(layouts.map(({ topic }) => topic))
  const topics = layouts.map((layout): TopicFinding => {
    const there = found.get(layout.topic)
    if (there === undefined) return { layout, state: 'missing', differences: [] }
    const differences = differencesOf(layout, there)
    return { layout, state: differences.length > 0 ? 'different' : 'as-wanted', differences }
  })
  const subjects: SubjectFinding[] = []
  if (registry !== undefined) {
    for (const { stream } of layouts) subjects.push(await subjectFinding(registry, stream))
  }
  return { topics, subjects }
}

async function subjectFinding(
  { client, settings, prefix }: Registry,
  stream: TopicStream,
): Promise<SubjectFinding> {
  const subject = subjectOf(prefix, stream)
  const wantedLevel = settings.compatibility
  const state = await inspectSubject(client, subject, schemaJsonOf(stream))
  const common = { stream, subject, wantedLevel, id: undefined, foundLevel: undefined, reasons: [] }
  if (state.kind === 'missing') return { ...common, state: 'missing' }
  if (state.kind === 'incompatible') return { ...common, state: 'incompatible', reasons: state.reasons }
  const { id, level: foundLevel } = state
  return { ...common, id, foundLevel, state: foundLevel === wantedLevel ? 'as-wanted' : 'level-differs' }
}

/**
 * Makes what is missing; with `alter` also changes settings and levels that differ. What was done is told as it is done, so that a
 * failure half-way leaves no doubt. What may not be changed is left; `survey` again tells what is left.
 */
export async function apply(
  admin: TopicAdmin,
  { topics, subjects }: Findings,
  registry: Registry | undefined,
  alter: boolean,
  done: (action: Action) => void,
): Promise<void> {
  for (const { layout, state, differences } of topics) {
    if (state === 'missing') {
      await admin.create(layout)
      done({ kind: 'topic-created', topic: layout.topic })
      continue
    }
    const changes = alter ? differences.filter(({ alterable }) => alterable) : []
    if (changes.length === 0) continue
    await admin.change(layout.topic, new Map(changes.map(({ key, wanted }) => [key, wanted])))
    for (const { key, wanted } of changes) {
      done({ kind: 'setting-changed', topic: layout.topic, key, to: wanted })
    }
  }
  if (registry === undefined) return
  for (const finding of subjects) await applySubject(finding, registry, alter, done)
}

async function applySubject(
  { stream, subject, state, wantedLevel }: SubjectFinding,
  { client, settings }: Registry,
  alter: boolean,
  done: (action: Action) => void,
): Promise<void> {
  if (state === 'missing' && settings.register) {
    const wasThere = await client.exists(subject)
    const id = await client.register(subject, schemaJsonOf(stream))
    done({ kind: 'schema-registered', subject, id })
    // The level of a new subject is part of its making; that of one that was there is somebody's choice.
    if ((wasThere && !alter) || (await client.levelOf(subject)) === wantedLevel) return
    await client.setLevel(subject, wantedLevel)
    done({ kind: 'level-set', subject, to: wantedLevel })
  } else if (state === 'level-differs' && alter) {
    await client.setLevel(subject, wantedLevel)
    done({ kind: 'level-set', subject, to: wantedLevel })
  }
}

/** Whether everything is as wanted. */
export function isAsWanted({ topics, subjects }: Findings): boolean {
  return [...topics, ...subjects].every(({ state }) => state === 'as-wanted')
}
