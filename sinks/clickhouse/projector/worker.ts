/**
 * The thread that projects: waits until enough of the journal is durable or some time has passed, projects,
 * and says how far it is. Started by `thread.ts`; never imported.
 *
 * A thread of its own, because decoding and encoding a day takes about a second of processor time that the
 * main thread needs for the journal and the rings. Depends on the projector and the journal's reader.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { invariant, WeirError } from '../../../pipeline/errors.js'
import { readJournal } from '../../../pipeline/runtime/journal/reader.js'
import { fileJournal } from '../../journal/journal-port.js'
import type { FromThread, ThreadData, ToThread } from './messages.js'
import { Projector, RANGE_ENTRIES_MAX } from './projector.js'

/** How old a durable entry may become before it is projected, when few come. */
const LINGER_MS = 1_000

const port = parentPort
invariant(port !== null, 'the projector runs in a thread')
const { journalDirectory, connection, durable, waking } = workerData as ThreadData
const durableUntil = new BigInt64Array(durable)
const wakeFlag = new Int32Array(waking)
const stopping = new AbortController()
let hurried = false
let wake = (): void => undefined

function tell(message: FromThread): void {
  port!.postMessage(message)
}

port.on('message', (message: ToThread) => {
  if (message.kind === 'wake') Atomics.store(wakeFlag, 0, 0)
  else if (message.kind === 'drain') hurried = true
  else stopping.abort()
  wake()
})

/** Resolves with the next message, or after a time when one is given. */
function nextMessage(timeoutMs?: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs)
    wake = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

function until(): number {
  return Number(Atomics.load(durableUntil, 0))
}

/**
 * Waits until entries beyond `next` are worth a range and gives the end of what to project; undefined when the
 * thread is to stop. Whole ranges as long as there are some: a rest waits for more until it lingered or is hurried.
 */
async function untilWorthwhile(next: number): Promise<number | undefined> {
  while (!stopping.signal.aborted && until() <= next) await nextMessage()
  const deadlineMs = performance.now() + LINGER_MS
  while (!stopping.signal.aborted && !hurried) {
    const whole = Math.floor((until() - next) / RANGE_ENTRIES_MAX) * RANGE_ENTRIES_MAX
    if (whole > 0) return next + whole
    const leftMs = deadlineMs - performance.now()
    if (leftMs <= 0) break
    await nextMessage(leftMs)
  }
  return stopping.signal.aborted ? undefined : until()
}

async function run(): Promise<void> {
  const log = {
    warn: (fields: object, message: string): void => tell({ kind: 'warning', fields, message }),
  }
  const journal = fileJournal((from, end) => readJournal(journalDirectory, from.sequence, end))
  if ((await untilWorthwhile(0)) === undefined) return
  const projector = await Projector.open({ journal, connection, log, signal: stopping.signal })
  try {
    for (;;) {
      tell({ kind: 'projected', until: projector.next })
      const target = await untilWorthwhile(projector.next)
      if (target === undefined) return
      await projector.projectUntil(target)
      if (projector.next >= until()) hurried = false
    }
  } finally {
    await projector.close()
  }
}

run()
  .catch((error: unknown) => {
    const failure =
      error instanceof WeirError ? error : new WeirError('WEIR_BUG', `the projector failed: ${String(error)}`)
    const { code, message, place, remedy } = failure
    tell({ kind: 'failed', error: { code, message, place, remedy } })
  })
  .finally(() => port.close())
