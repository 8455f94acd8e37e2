/** The distributed runtime in a world that goes wrong, seeds 1 to 100: every invariant holds. */
import { test } from 'node:test'
import { requireSeedsHold } from './seeds.js'

test('seeds 1 to 100: every invariant holds', () => requireSeedsHold(1, 100))
