/**
 * Ctrl-C and SIGTERM: what was started is stopped within a bound, then the process ends with code 130.
 *
 * Nothing has to be saved at that moment: the journal holds what was acknowledged, as after a `kill -9`.
 * Depends on Node alone.
 */
import { EXIT } from './failure.js'
import { note } from './output.js'

/** A child that does not end in this time is left to its own watch over its parent. */
const STOP_BOUND_MS = 5_000

type Stop = () => Promise<void>

const running = new Set<Stop>()

/** Registers what must be stopped at an interruption; call the result when it has ended by itself. */
export function stopOnInterruption(stop: Stop): () => void {
  running.add(stop)
  return () => running.delete(stop)
}

/** For work that goes on until it is told to end: an interruption aborts its signal, and the process waits until it has ended. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  let ended = (): void => undefined
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const forget = stopOnInterruption(async () => {
    stop.abort()
    await end
  })
  try {
    return await work(stop.signal)
  } finally {
    forget()
    ended()
  }
}

export function handleInterruptions(): void {
  const interrupted = (): void => {
    // A second signal does not wait.
    process.on('SIGINT', () => process.exit(EXIT.interrupted))
    const stopped = Promise.allSettled([...running].map((stop) => stop()))
    // After the progress bar has cleared its line.
    note('weir: interrupted')
    const bound = new Promise((resolve) => setTimeout(resolve, STOP_BOUND_MS))
    void Promise.race([stopped, bound]).then(() => process.exit(EXIT.interrupted))
  }
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
}

/**
 * For commands that compute without a pause: no handler runs meanwhile, so the signals get back their effect on a process that
 * handles none. Only for commands that have nothing to stop and nothing half written.
 */
export function letSignalsEndTheProcess(): void {
  process.removeAllListeners('SIGINT')
  process.removeAllListeners('SIGTERM')
}

/** For commands that go on until they are told to end: aborted by the first SIGTERM or Ctrl-C; the second one ends the process. */
export function endSignal(): AbortSignal {
  letSignalsEndTheProcess()
  const end = new AbortController()
  const told = (): void => {
    process.on('SIGINT', () => process.exit(EXIT.interrupted))
    process.on('SIGTERM', () => process.exit(EXIT.interrupted))
    end.abort()
  }
  process.once('SIGINT', told)
  process.once('SIGTERM', told)
  return end.signal
}
