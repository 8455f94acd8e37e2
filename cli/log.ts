/**
 * The log of the command line: pino, one JSON object a line on standard error.
 *
 * Parts log through children that carry `groupId`, `cycle` and `decisionId`, so that a line of the log, a row in
 * ClickHouse and a metric can be put side by side. Depends on pino.
 */
import { type Logger, pino } from 'pino'
import { WeirError } from '../pipeline/errors.js'
import { nearestKey } from '../pipeline/governance/nearest-key.js'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Checks a level given as `--log-level` or in `WEIR_LOG`. */
export function parseLogLevel(text: string, place: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text)
  if (level !== undefined) return level
  const nearest = nearestKey(text, LOG_LEVELS)
  throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is not a log level`, {
    place,
    remedy: nearest === undefined ? `use one of: ${LOG_LEVELS.join(', ')}` : `did you mean ${nearest}?`,
  })
}

/** The first that is given counts: flag, environment, configuration file, `warn`. */
export function createLog(flag: LogLevel | undefined, configured: LogLevel | undefined): Logger {
  const fromEnvironment = process.env.WEIR_LOG
  const level =
    flag !== undefined
      ? flag
      : fromEnvironment !== undefined && fromEnvironment !== ''
        ? parseLogLevel(fromEnvironment, 'WEIR_LOG')
        : (configured ?? 'warn')
  // Synchronous: a line written before a crash is there after it.
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }))
}
