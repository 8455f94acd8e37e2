/** The simulator finds what was planted: each bug within 200 seeds, with a list of faults that repeats it bit for bit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Invariant } from '../../sandbox/simulator/audit/violation.js'
import { FAULT_KINDS } from '../../sandbox/simulator/faults.js'
import { PLANTED_BUGS, type PlantedBug } from '../../sandbox/simulator/planted-bugs.js'
import { Simulator } from '../../sandbox/simulator/simulate.js'

const SEEDS = 200

test('the same seed gives the same run, bit for bit', async () => {
  for (const seed of [3, 17]) {
    const digests: string[] = []
    for (let again = 0; again < 2; again++) {
      const simulator = await Simulator.create({ agent: 'production', kinds: FAULT_KINDS })
      digests.push(simulator.run(seed).digest)
    }
    assert.equal(digests[0], digests[1])
  }
})

test('people are asked in the simulation: plans go after approval, second versions of policies decide, and looser ones do not', async () => {
  const simulator = await Simulator.create({ agent: 'production', kinds: FAULT_KINDS })
  const people = [1, 2, 3, 4, 5, 6].map((seed) => simulator.run(seed).people)
  assert.ok(
    people.some(({ approved }) => approved > 0),
    JSON.stringify(people),
  )
  for (const what of ['changed', 'looser'] as const)
    assert.ok(
      people.some((counted) => counted[what] > 0),
      JSON.stringify(people),
    )
})

test('bonds are pledged in the simulation, drawn on and asked back', async () => {
  const simulator = await Simulator.create({ agent: 'production', kinds: FAULT_KINDS })
  const all = [10, 12, 13].map((seed) => simulator.run(seed).secured)
  for (const kind of ['pledges', 'draws', 'releases'] as const)
    assert.ok(
      all.some((one) => one[kind] > 0),
      `${kind}: ${JSON.stringify(all)}`,
    )
})

/** What a planted bug is found by; others may break first, but none outside of these. */
const FOUND_BY: Record<PlantedBug, readonly Invariant[]> = {
  'release-before-commit': ['effective-once'],
  'offset-committed-early': ['accepted-input-once', 'everything-ends'],
  'id-regenerated-on-retry': ['effective-once'],
  'reservation-released-at-timeout': ['reservation-once', 'replay-identical'],
  'approval-not-asked': ['people-obeyed'],
  'kill-forgotten': ['people-obeyed'],
  'haircut-forgotten': ['draws-covered'],
}

for (const planted of PLANTED_BUGS) {
  test(`the planted bug ${planted} is found within ${SEEDS} seeds, and its list repeats it`, async () => {
    const simulator = await Simulator.create({ agent: 'production', kinds: FAULT_KINDS, planted })
    let seed = 1
    let result = simulator.run(seed)
    while (result.violation === undefined && seed < SEEDS) result = simulator.run(++seed)
    const { violation } = result
    assert.ok(violation !== undefined, `not found in ${SEEDS} seeds`)
    assert.ok(FOUND_BY[planted].includes(violation.invariant), violation.invariant)
    const found = simulator.find(seed, violation.invariant)
    assert.ok(found.shortest.length <= found.faults)
    assert.match(found.command, new RegExp(`^WEIR_TEST_PLANTED_BUG=${planted} weir simulate --seed ${seed} `))
    const repeated = await Simulator.create({
      agent: 'production',
      kinds: FAULT_KINDS,
      planted,
      faults: found.shortest,
    })
    const again = repeated.run(seed)
    assert.equal(again.digest, found.digest)
    assert.equal(again.violation?.invariant, found.invariant)
    // Without the bug the same faults break nothing.
    const sound = await Simulator.create({ agent: 'production', kinds: FAULT_KINDS, faults: found.shortest })
    assert.equal(sound.run(seed).violation, undefined)
  })
}
