/**
 * What a step costs, told apart from what the machine did meanwhile: passes over one stream repeat each other, so an
 * interruption shows in one of them and the cost of the step in all. Depends on the harness' percentiles.
 */
import { percentiles } from '../harness.js'

/** By step, the median over the passes; the lower one of two. */
export function stepMedians(passes: readonly ArrayLike<number>[]): number[] {
  return Array.from(passes[0] ?? [], (_, step) => percentiles(passes.map((pass) => pass[step] as number)).p50)
}
