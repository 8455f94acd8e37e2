/**
 * Readers of flag values that several commands share. Each throws `WEIR_USAGE` with the flag as its place.
 * Depends on `WeirError` alone.
 */
import { WeirError } from '../pipeline/errors.js'

/** Of the commands that look at a day that was lived through, and of the demonstration that leaves one. */
export const DEMO_DATA_DIR = '.weir/demo'

/** The file that a run is configured by serves the commands that look at it later too. */
export const CONFIG_FLAG = [
  '--config <file>',
  'YAML file with settings, see docs/cli.md; flags come before it',
] as const

/** A reader for commander's `.option`: a whole number between two bounds. */
export function wholeNumber(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^-?[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new WeirError(
      'WEIR_USAGE',
      `'${text.slice(0, 40)}' is not a whole number from ${least} to ${most}`,
      {
        place: flag,
        remedy: 'give such a number',
      },
    )
  }
}

/**
 * The value of a flag that a command cannot do without. Not commander's `requiredOption`, which looks for what is missing
 * before it looks at what is unknown, and so hides the mistyped flag that is the cause.
 */
export function required<T>(value: T | undefined, flag: string, command: string): T {
  if (value !== undefined) return value
  throw new WeirError('WEIR_USAGE', 'this flag is needed', { place: flag, remedy: `see: ${command} --help` })
}
