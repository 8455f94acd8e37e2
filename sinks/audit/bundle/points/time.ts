/**
 * Point 9: when the record was logged, by the clocks of witnesses: not after they saw a log that has it, and not before they saw one
 * that has it not. Without witnesses nothing is known. Pure.
 */
import { cosignedAtSeconds, openCheckpoint } from '../../log/checkpoint.js'
import type { Note } from '../../log/note.js'
import type { Evidence } from '../evidence.js'
import { demand, type Finding } from './point.js'

export function timePoint(evidence: Evidence): Finding {
  const { checkpoint, trust } = evidence
  const latest = timesOf(checkpoint.note, trust).sort((a, b) => a - b)[0]
  const earliest = earlierTimes(evidence).sort((a, b) => b - a)[0]
  demand(
    (trust.witnessQuorum ?? 0) === 0 || latest !== undefined,
    'no witness tells when the checkpoint was there',
  )
  demand(
    latest === undefined || earliest === undefined || earliest <= latest,
    'a log without the record was seen after a log with it',
  )
  const after = earliest === undefined ? 'no lower bound' : `after ${iso(earliest)}`
  const before = latest === undefined ? 'no upper bound' : `before ${iso(latest)}`
  return {
    detail: `${after}, ${before}; decided at ${iso(evidence.decision.decidedAt / 1_000_000)} by its own clock`,
    facts: { afterSeconds: earliest ?? null, beforeSeconds: latest ?? null },
  }
}

function earlierTimes({ bundle, trust, decisionLeaf }: Evidence): number[] {
  if (bundle.since === null) return []
  const { note, checkpoint } = openCheckpoint(bundle.since.checkpoint, { ...trust, witnessQuorum: 0 })
  return checkpoint.size <= decisionLeaf.index ? timesOf(note, trust) : []
}

/** Signatures were verified when the checkpoint was opened. */
function timesOf(note: Note, { witnessKeys = [] }: Evidence['trust']): number[] {
  return witnessKeys
    .map((key) => cosignedAtSeconds(note, key))
    .filter((seconds): seconds is number => seconds !== undefined)
}

/** Of a time that any clock may have told; beyond what a date can be, the number itself. */
function iso(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString()
}
