/**
 * Repeats what a ClickHouse that is away, busy or restarting made fail, for as long as the caller wants.
 *
 * There is no bound on the number of attempts, because a server may be away for hours and the journal waits;
 * the bounds are the pause between attempts and the caller's signal. Depends on `pipeline/errors`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { WeirError } from '../../../pipeline/errors.js'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

/**
 * Calls `attempt` until it succeeds, fails for good, or the signal is aborted; then it throws the last error.
 * `failed` is told of each failure that is followed by another attempt.
 */
export async function retryUntil<Result>(
  signal: AbortSignal,
  attempt: () => Promise<Result>,
  failed: (error: WeirError, attempts: number) => void,
): Promise<Result> {
  let pauseMs = FIRST_PAUSE_MS
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof WeirError) || error.retry === 'never' || signal.aborted) throw error
      failed(error, attempts)
      await delay(pauseMs, undefined, { signal }).catch(() => {
        throw error
      })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }
}
