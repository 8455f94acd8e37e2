/** Puts the results of a run into a Markdown page, between marks; the rest of the page is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { WeirError } from '../pipeline/errors.js'
import type { ScenarioResult } from './harness.js'
import { formatMicros, markdownTable, times } from './markdown.js'

/** What a run can renew: the tables of the scenarios, and the sections of the optimizer and of Kafka. */
export type PagePart = 'results' | 'optimizer' | 'kafka'

/** A section of the page: its name is its heading. */
export interface Section {
  readonly name: string
  readonly text: string
}

/** The section of a scenario, with the machine it ran on: sections of a page may come from different runs. */
export function scenarioSection(machine: string, date: string, result: ScenarioResult): Section {
  const rows = result.contenders.map((row) => {
    const ratios = row.role === 'weir' ? ['', ''] : [times(row.ratioP50), times(row.ratioP99)]
    return [row.name, ...[row.p50, row.p99, row.p999].map(formatMicros), row.samples, ...ratios]
  })
  const head = ['', 'p50', 'p99', 'p99.9', 'samples', 'p50 / Weir', 'p99 / Weir']
  const notes = result.notes.map((note) => `- ${note}\n`).join('')
  const parts = [
    `One sample: ${result.measures}. Microseconds. ${machine}; ${date}.`,
    markdownTable(head, rows),
    ...(notes === '' ? [] : [notes.trimEnd()]),
  ]
  return { name: result.name, text: parts.join('\n\n') }
}

/** Renews the sections that were measured, in the order of `names`; others that are on the page stay. */
export function writeSections(path: string, measured: readonly Section[], names: readonly string[]): void {
  const held = sectionsOf(partOf(readFileSync(path, 'utf8'), path, 'results').text)
  const sections = names.flatMap((name) => {
    const section = measured.find((one) => one.name === name) ?? held.find((one) => one.name === name)
    return section === undefined ? [] : [`### ${name}\n\n${section.text}`]
  })
  writeResultsPage(path, 'results', sections.join('\n\n'))
}

function sectionsOf(text: string): Section[] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n')
      return { name: part.slice(0, end).trim(), text: part.slice(end).trim() }
    })
}

/** Throws `WEIR_INPUT` when the page has no marks for that part. */
export function writeResultsPage(path: string, part: PagePart, text: string): void {
  const page = readFileSync(path, 'utf8')
  const { begin, end } = partOf(page, path, part)
  writeFileSync(path, `${page.slice(0, begin)}\n\n${text}\n\n${page.slice(end)}`)
}

function partOf(page: string, path: string, part: PagePart): { begin: number; end: number; text: string } {
  const [beginMark, endMark] = [`<!-- ${part}: begin -->`, `<!-- ${part}: end -->`]
  const begin = page.indexOf(beginMark) + beginMark.length
  const end = page.indexOf(endMark)
  if (begin < beginMark.length || end < begin) {
    throw new WeirError('WEIR_INPUT', `the page has no place for ${part}`, {
      place: path,
      remedy: `put the lines ${beginMark} and ${endMark} where they belong`,
    })
  }
  return { begin, end, text: page.slice(begin, end) }
}
