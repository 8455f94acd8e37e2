/** Times and durations as people type them. Depends on `WeirError` alone. */
import { WeirError } from '../../pipeline/errors.js'

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A reader for commander's `.option`: `90s`, `15m`, `8h`, `2d`, in milliseconds. */
export function duration(flag: string, mostMs: number): (text: string) => number {
  return (text) => {
    const durationMs = durationOf(text)
    if (durationMs !== undefined && durationMs > 0 && durationMs <= mostMs) return durationMs
    throw new WeirError(
      'WEIR_USAGE',
      `'${text.slice(0, 40)}' is not a duration of at most ${mostMs / UNIT_MS.m} minutes`,
      {
        place: flag,
        remedy: 'give a number with its unit, such as 90s, 15m or 8h',
      },
    )
  }
}

/** A reader for commander's `.option`: an instant with its zone, in milliseconds since 1970. */
export function instant(flag: string): (text: string) => number {
  return (text) => {
    const isWhole = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/.test(text)
    const atMs = isWhole ? Date.parse(text) : Number.NaN
    if (!Number.isNaN(atMs)) return atMs
    throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is not a time with its zone`, {
      place: flag,
      remedy: 'give it as 2026-03-18T14:30:00Z or 2026-03-18T15:30+01:00',
    })
  }
}

function durationOf(text: string): number | undefined {
  const [, digits, unit] = /^([0-9]{1,6})(s|m|h|d)$/.exec(text) ?? []
  return unit === undefined ? undefined : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

export function isoOfMicros(micros: number): string {
  return new Date(micros / 1_000).toISOString().replace(/\.000Z$/, 'Z')
}
