/** The distributed runtime in a world that goes wrong, seeds 101 to 200: every invariant holds. */
import { test } from 'node:test'
import { requireSeedsHold } from './seeds.js'

test('seeds 101 to 200: every invariant holds', () => requireSeedsHold(101, 200))
