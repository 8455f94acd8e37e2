/**
 * What a day came to, for a treasurer and as JSON: balances against floor and target, decisions, instructions, cost, speed.
 *
 * Display only; amounts are shown in millions of major units. Depends on the runtime's report and cli-table3.
 */
import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import type { CurrencySummary, GroupSummary } from '../pipeline/ports.js'
import type { RunReport } from '../pipeline/runtime/engine.js'
import { colors } from './colors.js'
import type { ProjectionOutcome } from './projection.js'

/** The document of `weir run --json` and `weir demo --json`. */
export function reportAsJson(
  report: RunReport,
  dataDir: string,
  projection: ProjectionOutcome | undefined,
): object {
  const { decisions } = report
  const total = decisions.acted + decisions.nothingToDo + decisions.refused
  return {
    dataDir,
    ...report,
    decisions: { total, ...decisions },
    clickhouse: projection === undefined ? undefined : projectionAsJson(projection),
  }
}

function projectionAsJson({ target, entries, behind }: ProjectionOutcome): object {
  return { target, entries, behind: behind?.toLine() }
}

export function describeDay(report: RunReport, projection: ProjectionOutcome | undefined): string {
  const sections = [
    ...report.groups.map(describeGroup),
    describeWork(report),
    describeFloors(report.groups),
    describeCost(report.groups),
    describeSpeed(report, projection),
    ...report.notices.map((text) => `${colors.yellow('Note')} ${text}`),
  ]
  return `\n${sections.join('\n\n')}\n`
}

const BALANCES = ['opening', 'lowest', 'closing', 'floor', 'target', 'lowest', 'closing'] as const

function describeGroup({ groupId, currencies }: GroupSummary): string {
  const table = new Table({
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', left: '  ', 'left-mid': '', right: '' },
      ...{
        bottom: '',
        'bottom-mid': '',
        'bottom-left': '',
        'bottom-right': '',
        'right-mid': '',
        middle: '  ',
      },
      ...{ mid: '', 'mid-mid': '' },
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: ['left', ...BALANCES.map(() => 'right' as const)],
    // One width for all groups, so that they stand below each other as one table.
    colWidths: [10, ...BALANCES.map(() => 11)],
  })
  table.push(['', ...BALANCES].map((name) => colors.dim(name)))
  for (const currency of currencies) table.push(balances(currency))
  const rows = trimLines(table.toString())
  const width = Math.max(...rows.split('\n').map((row) => stripVTControlCharacters(row).length))
  const title = `${groupId} (millions)`
  const without = 'without Weir'
  return `${colors.bold(title)}${colors.dim(without.padStart(width - title.length))}\n${rows}`
}

function balances(summary: CurrencySummary): string[] {
  const { exponent, floorMinor } = summary
  const shown = (minor: number): string => formatMillions(minor, exponent)
  const lowest = (minor: number): string =>
    minor < floorMinor ? colors.red(`${shown(minor)} !`) : shown(minor)
  return [
    summary.currency,
    shown(summary.openingMinor),
    lowest(summary.lowestMinor),
    shown(summary.closingMinor),
    shown(floorMinor),
    shown(summary.targetMinor),
    lowest(summary.lowestUnmanagedMinor),
    shown(summary.closingUnmanagedMinor),
  ]
}

function describeWork(report: RunReport): string {
  const { decisions, instructions } = report
  const total = decisions.acted + decisions.nothingToDo + decisions.refused
  const fates = Object.entries(instructions.byState)
    .sort(([, a], [, b]) => b - a)
    .map(([state, number]) => `${count(number)} ${state.toLowerCase()}`)
  return [
    `${label('Inputs')}${count(report.inputs)} records, ${count(report.executions)} bank reports, ${count(report.deadLetters)} dead letters`,
    `${label('Cycles')}${count(report.cycles)}`,
    `${label('Decisions')}${count(total)}: ${count(decisions.acted)} acted, ${count(decisions.nothingToDo)} nothing to do, ${count(decisions.refused)} refused`,
    `${label('Instructions')}${count(instructions.total)}${fates.length === 0 ? '' : `: ${fates.join(', ')}`}`,
  ].join('\n')
}

/** By the policy's prices: shortfall, idle cash, overdrafts, fees. Groups may differ in their base currency. */
function describeCost(groups: readonly GroupSummary[]): string {
  const lines = groups.map(({ groupId, baseCurrency, cost }) => {
    const saved = cost.unmanaged > 0 ? ` (${percent(1 - cost.managed / cost.unmanaged)} less)` : ''
    const money = (major: number): string => count(Math.round(major))
    return `  ${groupId.padEnd(18)}${baseCurrency} ${money(cost.managed).padStart(13)} against ${money(cost.unmanaged).padStart(13)} doing nothing${saved}`
  })
  return [`Cost of the day by the policy's prices`, ...lines].join('\n')
}

/** Summed over accounts: an hour with two accounts below their floors counts two hours. */
function describeFloors(groups: readonly GroupSummary[]): string {
  const lines = groups.map(({ groupId, currencies }) => {
    const minutes = (key: 'belowFloorMinutes' | 'belowFloorUnmanagedMinutes') =>
      count(currencies.reduce((sum, currency) => sum + currency[key], 0)).padStart(7)
    return `  ${groupId.padEnd(18)}${minutes('belowFloorMinutes')} min against ${minutes('belowFloorUnmanagedMinutes')} min doing nothing`
  })
  return ['Time that accounts were below their floors', ...lines].join('\n')
}

function describeSpeed(report: RunReport, projection: ProjectionOutcome | undefined): string {
  const { p50, p99 } = report.latency.solveMicros
  const lines = [
    `${label('Optimizer')}p50 ${micros(p50)}, p99 ${micros(p99)} over ${count(report.latency.solveMicros.count)} solves`,
    `${label('Throughput')}${count(Math.round(report.eventsPerSecond))} events/s; the day took ${report.seconds.toFixed(1)} s, ${count(report.journal.fsyncs)} fsyncs`,
    `${label('Digests')}state ${report.stateDigest.slice(0, 16)}, decisions ${report.decisionDigest.slice(0, 16)}`,
  ]
  if (projection === undefined) return lines.join('\n')
  const { target, entries, behind } = projection
  const lag = behind === undefined ? '' : colors.yellow(`; ${behind.toLine()}`)
  return [...lines, `${label('ClickHouse')}${count(entries)} journal entries in ${target}${lag}`].join('\n')
}

function label(text: string): string {
  return colors.bold(text.padEnd(14))
}

const count = (value: number): string => value.toLocaleString('en-US')

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0.999 ? 2 : 1)} %`
}

function micros(value: number): string {
  return value >= 1_000 ? `${(value / 1_000).toFixed(2)} ms` : `${value.toFixed(0)} µs`
}

function formatMillions(minor: number, exponent: number): string {
  return (minor / 10 ** exponent / 1e6).toLocaleString('en-US', {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  })
}

function trimLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
