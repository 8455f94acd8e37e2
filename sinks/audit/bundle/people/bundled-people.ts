/**
 * The records of people that a bundle carries, each put to its leaf: rosters as documents, commands as the bytes that were signed.
 *
 * There is one record for each leaf that asks for one, in the order of the leaves, and it gives every field of its leaf. What is left out, put
 * in, or put in another place does not fit. Depends on the leaves and the readers of records.
 */
import { formatUuid } from '../../../../pipeline/identity.js'
import { canonicalJson, type Json } from '../../../../schemas/canonical-json.js'
import { SCHEMA_JSON } from '../../../../schemas/generated/schemas.js'
import type { Command } from '../../../../schemas/generated/types.js'
import { recordReader } from '../../../journal/record-reader.js'
import { isGoverning } from '../../leaves/governing.js'
import { commandFields, sha256Hex } from '../../leaves/leaf-fields.js'
import type { Bundle } from '../bundle.js'
import type { VerifiedLeaf } from '../evidence.js'
import { demand } from '../points/point.js'

/** Orders by which people make plans. */
export const OVERRIDES: ReadonlySet<unknown> = new Set(['ADJUST', 'FORCE', 'ANSWER'])

/** What of a leaf says whether its record is in the bundle. */
export interface LeafOfPeople {
  readonly kind: string
  readonly journal: { readonly entry: number }
  readonly fields: Readonly<Record<string, unknown>>
}

/** Orders that say who governs, those about the decision, and those by which it may have been made. */
export function isEvidence(
  { kind, journal, fields }: LeafOfPeople,
  decision: string,
  entry: number,
): boolean {
  if (kind !== 'command') return false
  if (isGoverning(kind, fields) || fields.subject === subjectOf(decision)) return true
  return journal.entry === entry && OVERRIDES.has(fields.order)
}

/** How commands name a decision. */
export function subjectOf(decision: string): string {
  return `decision:${formatUuid(decision)}`
}

export interface BundledPeople {
  /** Documents by the index of their leaf. */
  readonly rosters: ReadonlyMap<number, string>
  /** By the index of their leaf. */
  readonly commands: ReadonlyMap<number, Command>
}

export function bundledPeople(
  { rosters, commands, decision }: Bundle,
  leaves: readonly VerifiedLeaf[],
  entry: number,
): BundledPeople {
  const rosterLeaves = leaves.filter(({ kind }) => kind === 'roster')
  const commandLeaves = leaves.filter((leaf) => isEvidence(leaf, decision, entry))
  demand(
    rosters.length === rosterLeaves.length,
    `there are ${rosterLeaves.length} rosters logged, ${rosters.length} are there`,
  )
  demand(
    commands.length === commandLeaves.length,
    `there are ${commandLeaves.length} orders logged that it rests on, ${commands.length} are there`,
  )
  return {
    rosters: new Map(rosterLeaves.map((leaf, at) => [leaf.index, rosterOf(leaf, rosters[at]!)])),
    commands: new Map(commandLeaves.map((leaf, at) => [leaf.index, commandOf(leaf, commands[at]!)])),
  }
}

function rosterOf({ index, fields }: VerifiedLeaf, document: Uint8Array): string {
  demand(sha256Hex(document) === fields.digest, `the roster of leaf ${index} is not that of its digest`)
  return Buffer.from(document).toString('utf8')
}

function commandOf(leaf: VerifiedLeaf, bytes: Uint8Array): Command {
  const { index, fields } = leaf
  demand(sha256Hex(bytes) === fields.record, `${orderText(leaf)} is another record than was logged`)
  const command = recordReader('command', SCHEMA_JSON.command)(bytes)
  demand(command !== undefined, `the order of leaf ${index} cannot be decoded`)
  const how = { input: Number(fields.input), taken: Number(fields.taken) }
  for (const [name, value] of Object.entries(commandFields(command, how)))
    demand(
      canonicalJson((fields[name] ?? null) as Json) === canonicalJson(value),
      `${orderText(leaf)} has another ${name} than was logged`,
    )
  return command
}

export function orderText({ index, fields }: VerifiedLeaf): string {
  return `leaf ${index}, ${fields.order} of ${fields.subject} by ${fields.author},`
}
