/**
 * What a run is given, with the defaults and their reasons. Depends on the ports only.
 */
import type { Logger } from 'pino'
import { WeirError } from '../../errors.js'
import type { Venue } from '../../ports.js'
import type { CycleTiming } from '../cycles/grid.js'

export interface ProgressCounts {
  /** Records read from files so far, each once. */
  readonly inputs: number
  readonly executions: number
  readonly cycles: number
  readonly instructions: number
}

/** What a replay needs; a run needs more. */
export interface EngineOptions {
  readonly dataDir: string
  /** Stage workers; groups are dealt out to them in sorted order. Does not influence any result. */
  readonly workers?: number
  /** URL or absolute path of the module that exports `createAgent` and `restoreAgent`. */
  readonly agentModule: string | URL
  readonly optimizer: { readonly module: WebAssembly.Module; readonly digest: Uint8Array }
  readonly logger?: Logger
}

export interface RunOptions extends EngineOptions {
  /** Folder with `STREAM/*.avro`. */
  readonly inputDir: string
  /** Width of the grid of virtual time, milliseconds; default 5,000. */
  readonly cycleMillis?: number
  /** An empty cycle closes after this much silence, milliseconds; default 300,000. */
  readonly heartbeatMillis?: number
  /** Most time after the last input for outstanding instructions to settle, milliseconds; default 900,000. */
  readonly drainMillis?: number
  /** A snapshot of a group after this many of its cycles; default 2,000. */
  readonly snapshotEveryCycles?: number
  readonly segmentBytes?: number
  /** Folder that people drop commands, policies and rosters into while the run is under way; none are taken without it. */
  readonly dropDir?: string
  /**
   * The run goes on after its last input, its clock from there with the time of the machine, until this is aborted: then it
   * drains. Without it the run ends with its input.
   */
  readonly followUntil?: AbortSignal
  readonly venues: readonly Venue[]
  /** Whatever else the results depend on, such as the seed of the simulated bank; compared at a restart. */
  readonly identity?: Readonly<Record<string, string | number>>
  /** Version of Weir, for the journal. */
  readonly version?: string
  /** Called a few times a second; `fraction` is between 0 and 1. */
  readonly onProgress?: (fraction: number, counts: ProgressCounts) => void
  /** Called when the journal was opened, and after each commit, with the last durable sequence. */
  readonly onDurable?: (sequence: number) => void
}

export interface Timing extends CycleTiming {
  readonly snapshotEveryCycles: number
}

const MICROS = 1_000

/** Checks the numbers of the options and gives them in microseconds. */
export function timingOf(
  options: Pick<RunOptions, 'cycleMillis' | 'heartbeatMillis' | 'drainMillis' | 'snapshotEveryCycles'>,
): Timing {
  const cycleMillis = positive('cycleMillis', options.cycleMillis ?? 5_000)
  const heartbeatMillis = positive('heartbeatMillis', options.heartbeatMillis ?? 300_000)
  const drainMillis = options.drainMillis ?? 900_000
  if (drainMillis !== 0) positive('drainMillis', drainMillis)
  return {
    cycleMicros: cycleMillis * MICROS,
    heartbeatMicros: heartbeatMillis * MICROS,
    drainMicros: drainMillis * MICROS,
    snapshotEveryCycles: positive('snapshotEveryCycles', options.snapshotEveryCycles ?? 2_000),
  }
}

export function workersOf(options: EngineOptions): number {
  return positive('workers', options.workers ?? 2)
}

/** Far above any use, and small enough that microseconds stay exact. */
const LARGEST = 1e9

function positive(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0 && value <= LARGEST) return value
  throw new WeirError('WEIR_CONFIG', `${value} is not a whole number from 1 to ${LARGEST}`, {
    place: name,
    remedy: 'give a positive whole number',
  })
}
