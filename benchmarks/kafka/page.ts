/** The section on Kafka in the page of benchmarks: goals, figures, what each contender does. Depends on the results. */
import { markdownTable } from '../markdown.js'
import type { Pace } from './drain.js'
import { goalsOf, type KafkaResults, meanPace, WEIR } from './results.js'

export function kafkaPage(results: KafkaResults): string {
  const { machine, date, isQuick, seconds, loadAverage } = results
  const quick = isQuick ? 'QUICK RUN: it shows that everything runs; its figures are none. ' : ''
  const load = loadAverage.map((one) => one.toFixed(1)).join(' and ')
  return [
    `${quick}Machine: ${machine}. Run on ${date}, ${seconds.toFixed(0)} s. One broker on the same machine, started as Kafka's own scripts do and warm; load average before and after: ${load} (above the number of cores, other programs took part in every figure).`,
    '### Kafka: goals',
    markdownTable(
      ['goal', '', 'found'],
      goalsOf(results).map(({ goal, found, isMet }) => [goal, isMet ? 'met' : '**missed**', found]),
      3,
    ),
    '### Kafka: throughput',
    `A backlog of ${results.records} cash movements of ${results.groups} groups, about 120 bytes each with the wire format; events a second, and processor time of the whole process an event.`,
    throughputTable(results),
    '### Kafka: latency',
    `From giving a payment to the producer until a consumer of committed records sees the instruction it causes; milliseconds. ${results.groups} groups in ${results.partitions} partitions, ${results.triggersPerSecond} such payments a second among the others. "Late" is how far the generator of the load itself was behind (p99).`,
    latencyTable(results),
    '### Kafka: recovery',
    `The journal is grown at ${results.liveRate} events a second. "Cold" starts with an empty data folder, "snapshot" with the instance's own; both from the start of the process until the partition is owned. Replay: events applied and compared with their journaled results a second, cold.`,
    recoveryTable(results),
    '### Kafka: takeover',
    'From `kill -9` of the owner until a consumer of committed records sees the first cycle of the standby, seconds.',
    markdownTable(
      ['session timeout', 'tries', 'fastest', 'slowest'],
      results.takeover.map(({ sessionTimeoutMillis, seconds: tries }) => [
        `${sessionTimeoutMillis / 1000} s`,
        tries.length,
        Math.min(...tries).toFixed(2),
        Math.max(...tries).toFixed(2),
      ]),
    ),
  ].join('\n\n')
}

function throughputTable({ drain }: KafkaResults): string {
  const rows = drain.flatMap((result) => {
    const { partitions, rounds } = result
    const bare = meanPace(rounds.map((round) => round.bare))
    const row = (name: string, pace: Pace) => [
      name,
      partitions,
      Math.round(pace.perSecond),
      Number.isNaN(pace.cpuMicros) ? '-' : `${pace.cpuMicros.toFixed(1)} us`,
      `${((100 * pace.perSecond) / bare.perSecond).toFixed(0)} %`,
    ]
    const plain = rounds.flatMap((round) => (round.plain === undefined ? [] : [round.plain]))
    const streams = rounds.flatMap((round) => (round.streams === undefined ? [] : [round.streams]))
    const each = rounds.map(
      (round) => `${((100 * round.weir.perSecond) / round.bare.perSecond).toFixed(0)} %`,
    )
    return [
      row(`${WEIR} (rounds: ${each.join(', ')})`, meanPace(rounds.map((round) => round.weir))),
      row('bare client, reads only', bare),
      ...(plain.length === 0 ? [] : [row('bare client, one transaction a poll', meanPace(plain))]),
      ...(streams.length === 0 ? [] : [row('Kafka Streams, exactly_once_v2, 100 ms', meanPace(streams))]),
    ]
  })
  return markdownTable(['', 'partitions', 'events/s', 'processor', 'of the bare client'], rows)
}

function latencyTable({ latency }: KafkaResults): string {
  const rows = latency.map(({ contender, rate, p50, p99, p999, samples, unanswered, lateMs }) => [
    contender,
    rate,
    ...[p50, p99, p999].map((one) => one.toFixed(1)),
    unanswered === 0 ? samples : `${samples}, ${unanswered} unanswered`,
    lateMs.toFixed(1),
  ])
  return markdownTable(['', 'events/s', 'p50', 'p99', 'p99.9', 'samples', 'late'], rows)
}

function recoveryTable({ recovery, liveRate }: KafkaResults): string {
  return markdownTable(
    ['entries', 'events', 'cold, s', 'snapshot, s', 'replay, events/s', 'of the live rate'],
    recovery.map(({ entries, events, coldSeconds, snapshotSeconds, replayPerSecond }) => [
      entries,
      events,
      coldSeconds.toFixed(1),
      snapshotSeconds.toFixed(1),
      Math.round(replayPerSecond),
      `${(replayPerSecond / liveRate).toFixed(1)}x`,
    ]),
    0,
  )
}
