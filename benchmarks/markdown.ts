/** Tables and numbers as Markdown. Depends on nothing. */

/** The first column names things; the others are numbers unless told. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  leftAligned = 1,
): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, column) => (column < leftAligned ? '---' : '---:')).join('|')
  return [line(head), `|${rule}|`, ...rows.map(line)].join('\n')
}

/** Three significant figures, without an exponent. */
export function formatMicros(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value < 10 ? value.toFixed(2) : value < 1000 ? value.toFixed(1) : value.toFixed(0)
}

export const times = (ratio: number) => `${ratio.toFixed(2)}x`
