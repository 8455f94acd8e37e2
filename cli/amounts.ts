/**
 * Amounts and tables for people. Display only: nothing that is written here is read again.
 */
import Table from 'cli-table3'

const digitsByCurrency = new Map<string, number>()

/** Decimals of a currency by ISO 4217, as the runtime knows them; 2 for a code it does not know. */
function decimalsOf(currency: string): number {
  let digits = digitsByCurrency.get(currency)
  if (digits === undefined) {
    const valid = /^[A-Z]{3}$/.test(currency)
    const options = { style: 'currency', currency } as const
    digits = valid ? (new Intl.NumberFormat('en', options).resolvedOptions().maximumFractionDigits ?? 2) : 2
    digitsByCurrency.set(currency, digits)
  }
  return digits
}

/** `-1,234.50` for -123450 minor units of a currency with two decimals; exact. */
export function formatMinor(amountMinor: number, currency: string): string {
  const digits = decimalsOf(currency)
  const text = String(Math.abs(amountMinor)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ',')
  const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`
  return `${amountMinor < 0 ? '-' : ''}${whole}${fraction}`
}

/** A cost, price or quantity: six significant digits say enough. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return Number(value.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 12 })
}

const PLAIN = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
}

/** Columns without lines between them; `right` names those whose values end at one edge. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const colAligns = head.map((name) => (right.includes(name) ? 'right' : 'left') as 'right' | 'left')
  const table = new Table({ ...PLAIN, head: [...head], colAligns })
  for (const row of rows) table.push([...row])
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`
}
