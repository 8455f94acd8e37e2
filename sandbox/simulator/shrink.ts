/**
 * Delta debugging: the shortest list of faults, found within a bound of runs, that still breaks the same invariant.
 *
 * First halves and smaller parts are left out (ddmin of Zeller and Hildebrandt), then single faults are made tamer. The result is
 * minimal in that leaving out any one fault no longer breaks it, unless the bound was reached. Depends on the faults.
 */
import type { Fault } from './faults.js'

/** Runs that shrinking may take: a second each, and nobody waits longer than some minutes for a shorter list. */
export const SHRINK_RUNS_MOST = 120

export interface Shrunk {
  readonly faults: readonly Fault[]
  readonly runs: number
}

/** @param breaks whether the invariant still breaks with these faults */
export function shrink(faults: readonly Fault[], breaks: (faults: readonly Fault[]) => boolean): Shrunk {
  let runs = 0
  const test = (candidate: readonly Fault[]): boolean => {
    if (runs >= SHRINK_RUNS_MOST) return false
    runs++
    return breaks(candidate)
  }
  const fewest = leaveOut(faults, test)
  return { faults: tame(fewest, test), runs }
}

function leaveOut(
  faults: readonly Fault[],
  test: (candidate: readonly Fault[]) => boolean,
): readonly Fault[] {
  if (faults.length === 0 || test([])) return []
  let current = faults
  let parts = 2
  while (current.length >= 2) {
    const size = Math.ceil(current.length / parts)
    let shorter: readonly Fault[] | undefined
    for (let from = 0; from < current.length && shorter === undefined; from += size) {
      const without = [...current.slice(0, from), ...current.slice(from + size)]
      if (without.length > 0 && test(without)) shorter = without
    }
    if (shorter !== undefined) {
      current = shorter
      parts = Math.max(2, parts - 1)
    } else if (size === 1) break
    else parts = Math.min(current.length, parts * 2)
  }
  return current
}

/** Simpler is what happens at once, without counting steps, and for a shorter time. */
function tame(faults: readonly Fault[], test: (candidate: readonly Fault[]) => boolean): readonly Fault[] {
  let current = [...faults]
  for (let index = 0; index < current.length; index++) {
    const fault = current[index]
    const simpler: Fault[] = [
      { ...fault, moment: 'now', steps: 0 },
      { ...fault, durationMs: Math.floor(fault.durationMs / 4) },
      { ...fault, durationMs: Math.floor(fault.durationMs / 2) },
    ]
    for (const candidate of simpler) {
      if (JSON.stringify(candidate) === JSON.stringify(fault)) continue
      const list = [...current]
      list[index] = candidate
      if (!test(list)) continue
      current = list
      break
    }
  }
  return current
}
