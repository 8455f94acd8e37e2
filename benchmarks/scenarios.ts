/** All scenarios, in the order in which they run. */
import type { Scenario } from './harness.js'
import { warmResolve } from './warm-resolve.js'

export const scenarios: readonly Scenario[] = [warmResolve]
