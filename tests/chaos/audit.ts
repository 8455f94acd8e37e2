/**
 * After the chaos: the simulator's invariants, checked from outside, from the topics, the bank's ledger and what the feed has sent.
 *
 * Every audit runs, whatever the ones before have found. Depends on the simulator's audits and on the agent.
 */
import { createAgent } from '../../pipeline/agent.js'
import { toHex } from '../../pipeline/identity.js'
import { QUERY_STREAM, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import type { Book } from '../../sandbox/bank/live/book.js'
import { isDone, statusOf } from '../../sandbox/bank/live/book.js'
import type { GroundTruth } from '../../sandbox/live-feed/ground-truth.js'
import { JournalAudit } from '../../sandbox/simulator/audit/journal-audit.js'
import type { AuditedLedger } from '../../sandbox/simulator/audit/logs.js'
import { idOfInstruction, OutputsAudit, sentReader } from '../../sandbox/simulator/audit/outputs-audit.js'
import { PeopleAudit } from '../../sandbox/simulator/audit/people-audit.js'
import { auditReplay } from '../../sandbox/simulator/audit/replay-audit.js'
import { hold, Violation } from '../../sandbox/simulator/audit/violation.js'
import type { CycleResult } from '../../schemas/generated/types.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import type { TopicLogs } from './topic-logs.js'

export interface AuditReport {
  readonly violations: readonly string[]
  readonly sourceRecords: number
  /** Source records that the feed's producer wrote once more than it was asked to. */
  readonly writtenTwice: number
  readonly entries: number
  readonly cycles: number
  readonly takeovers: number
  readonly instructions: number
  readonly settled: number
  readonly rejected: number
  readonly questions: number
  readonly deadLetters: number
  /** Commands of people, those that were refused among them. */
  readonly commands: number
  readonly kills: number
  /** Instructions of supervised groups that were sent. */
  readonly approved: number
  readonly groups: number
}

const ENDS = new Set(['SETTLED', 'REJECTED', 'CANCELLED', 'EXPIRED'])

export async function auditAll(
  logs: TopicLogs,
  prefix: string,
  book: Book,
  truth: GroundTruth,
): Promise<AuditReport> {
  const violations: string[] = []
  const check = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      violations.push(error.message)
    }
  }
  let cycles = 0
  const fates = new Map<string, string[]>()
  const ledger = auditedLedger(book)
  const outputs = new OutputsAudit(logs, prefix, logs.partitions, ledger, sentReader())
  const supervised = new Set(truth.supervised)
  const takeResult = (its: number, result: CycleResult): void => {
    cycles++
    outputs.expect(its, result)
    for (const { instructionId, state } of result.instructionEvents)
      if (ENDS.has(state))
        fates.set(toHex(instructionId), [...(fates.get(toHex(instructionId)) ?? []), state])
  }
  // Each partition numbers its sources by itself.
  const people = Array.from({ length: logs.partitions }, () => new PeopleAudit(supervised))
  const journals = people.map(
    (audit, partition) => new JournalAudit(logs, partition, prefix, takeResult, audit),
  )
  for (const journal of journals) {
    check(() => journal.advance())
    check(() => journal.finish())
    check(() => {
      const missing = journal.coverage.missing()
      hold(missing === undefined, 'accepted-input-once', () => `in no cycle: ${missing}`)
    })
    check(() =>
      hold(journal.settled, 'journal-chain', () => `a cycle of partition ${journal.partition} has no result`),
    )
  }
  check(() => outputs.finish())
  check(() => checkFates(outputs.released.keys(), fates, book))
  const questions = topicOf(prefix, QUERY_STREAM)
  check(() => checkQuestions(logs, questions, outputs.released))
  const count = (of: (audit: PeopleAudit) => number): number =>
    people.reduce((sum, audit) => sum + of(audit), 0)
  const kills = count(({ killed }) => killed)
  check(() => hold(kills > 0, 'people-obeyed', () => 'nobody has killed anything, so nothing is shown of it'))
  let writtenTwice = 0
  check(() => {
    writtenTwice = checkFeed(logs, prefix, truth)
  })
  const { module, digest } = await compileOptimizer()
  const environment = {
    optimizer: module,
    optimizerDigest: digest,
    nowMicros: () => Math.round(performance.now() * 1_000),
  }
  const plan = { balances: new Map(Object.entries(truth.balances)) }
  let groups = 0
  // One partition at a time, so that a fault of one does not hide those of the others.
  for (const journal of journals)
    check(() => {
      groups += auditReplay([journal], {
        kind: { environment, createAgent },
        plan,
        ledger,
        looksInside: true,
      }).size
    })
  return {
    violations,
    sourceRecords: Object.keys(truth.messages).reduce(
      (sum, stream) => sum + logs.countOf(`${prefix}${stream}`),
      logs.countOf(topicOf(prefix, 'execution')),
    ),
    writtenTwice,
    entries: journals.reduce((sum, { entries }) => sum + entries.length, 0),
    cycles,
    takeovers: journals.reduce((sum, { takeovers }) => sum + takeovers, 0),
    instructions: outputs.released.size,
    settled: book.settled,
    rejected: book.rejected,
    questions: logs.countOf(questions),
    deadLetters: logs.countOf(topicOf(prefix, 'dead-letter')),
    commands: logs.countOf(topicOf(prefix, 'command')),
    kills,
    approved: count(({ approved }) => approved),
    groups,
  }
}

/** The ledger in the audits' words. Sums stay far below 2^53 in a run of hours; one that does not is refused. */
function auditedLedger(book: Book): AuditedLedger {
  const moved = new Map<string, number>()
  for (const [key, minor] of book.moved) {
    if (!Number.isSafeInteger(Number(minor)))
      throw new Error(`${key} has moved ${minor}: beyond exact numbers`)
    moved.set(key, Number(minor))
  }
  const settled = [...book.instructions.values()].filter((booked) => statusOf(booked) === 'SETTLED')
  return { entries: book.instructions, settled: settled.map(({ id }) => id), moved }
}

/** Every committed instruction has one fate, the bank's; and the bank has taken nothing that was not committed. */
function checkFates(
  released: Iterable<string>,
  fates: ReadonlyMap<string, readonly string[]>,
  book: Book,
): void {
  const known = new Set(released)
  for (const id of known) {
    const ends = fates.get(id) ?? []
    const booked = book.instructions.get(id)
    hold(
      ends.length === 1,
      'effective-once',
      () => `instruction ${id} has ${ends.length} ends in the journal`,
    )
    hold(booked !== undefined && isDone(booked), 'everything-ends', () => `the bank is not done with ${id}`)
    const status = booked === undefined ? '' : statusOf(booked)
    hold(
      ends[0] === status,
      'effective-once',
      () => `${id} is ${ends[0]} in the journal and ${status} at the bank`,
    )
  }
  for (const id of book.instructions.keys())
    hold(known.has(id), 'effective-once', () => `the bank has taken ${id}, which nobody has committed`)
}

function checkQuestions(logs: TopicLogs, topic: string, released: ReadonlyMap<string, unknown>): void {
  for (let partition = 0; partition < logs.partitions; partition++)
    for (const { value, kind } of logs.logOf(topic, partition).records) {
      if (kind !== 'data' || value === null) continue
      const id = idOfInstruction(value)
      hold(
        released.has(id),
        'effective-once',
        () => `the bank was asked about ${id}, which nobody has committed`,
      )
    }
}

/**
 * What the brokers have acknowledged is in the topics, and nothing else is.
 *
 * Counts what differs, because a record may be there once more than it was sent: a feed's producer that loses its epoch while a broker
 * hangs writes what is in flight again (docs/chaos.md). The journal's audit then holds each of them against its effect.
 */
function checkFeed(logs: TopicLogs, prefix: string, truth: GroundTruth): number {
  let written = 0
  for (const [stream, messages] of Object.entries(truth.messages)) {
    const topic = `${prefix}${stream}`
    const sent = stream === 'cash-movement' ? messages - truth.repeated : messages
    const found = logs.distinctOf(topic)
    hold(
      found === sent,
      'accepted-input-once',
      () => `${sent} different records of ${stream} were sent, ${found} are there`,
    )
    const count = logs.countOf(topic)
    hold(
      count >= messages,
      'accepted-input-once',
      () => `${messages} records of ${stream} were sent, ${count} are there`,
    )
    written += count - messages
  }
  return written
}
