/** Which observations end a trial, which let it pass, and how often each of them is wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../sandbox/random.js'
import { DEFAULT_CANARY } from './canary.js'
import { type GuardrailState, inconclusive, newGuardrails, type Observation, observe } from './guardrails.js'

const QUIET: Observation = {
  movedBaseMinor: 1_000_000_00,
  otherMovedBaseMinor: 1_000_000_00,
  regretBaseMinor: 0,
  floorBreached: '',
  lateObligation: '',
  overridden: false,
  solverFailed: false,
}

interface Trial {
  readonly state: GuardrailState
  readonly decisions: number
  readonly guardrail: string
}

function run(most: number, next: () => Partial<Observation>, plan = DEFAULT_CANARY): Trial {
  const state = newGuardrails()
  for (let decisions = 1; decisions <= most; decisions++) {
    const breach = observe(state, plan, { ...QUIET, ...next() })
    if (breach !== undefined) return { state, decisions, guardrail: breach.guardrail }
  }
  return { state, decisions: most, guardrail: '' }
}

test('the first floor that breaks and the first obligation that is late end a trial, and say where', () => {
  const floor = observe(newGuardrails(), DEFAULT_CANARY, { ...QUIET, floorBreached: 'PAYROLL' })
  assert.equal(floor?.guardrail, 'floor')
  assert.match(floor?.why ?? '', /PAYROLL/)
  const late = observe(newGuardrails(), DEFAULT_CANARY, { ...QUIET, lateObligation: 'OPERATING' })
  assert.equal(late?.guardrail, 'late-obligation')
})

test('a policy that plans as the former one passes after 40 decisions that move something, and not after 5', () => {
  assert.match(inconclusive(run(5, () => QUIET).state, DEFAULT_CANARY), /^inconclusive, hold: cost regret/)
  const { state, guardrail } = run(40, () => QUIET)
  assert.equal(guardrail, '')
  assert.equal(inconclusive(state, DEFAULT_CANARY), '')
})

test('decisions in which neither policy moves anything neither pass nor end a trial', () => {
  const { state, guardrail } = run(1_000, () => ({ movedBaseMinor: 0, otherMovedBaseMinor: 0 }))
  assert.equal(guardrail, '')
  assert.match(inconclusive(state, DEFAULT_CANARY), /not shown by 0 decisions/)
})

test('a policy with every mean and rate exactly at its guardrail is rolled back in at most 5 % of trials', () => {
  const runs = 1_000
  let rolledBack = 0
  for (let index = 0; index < runs; index++) {
    const random = new Random('guardrails at their bounds', index)
    const noise = () => ({
      // 1 bp of what is moved on the mean, from -3 to 5.
      regretBaseMinor: 150_00 + random.between(-600_00, 600_00),
      // A third of the larger plan apart on the mean.
      movedBaseMinor: 1_500_000_00,
      otherMovedBaseMinor: 1_000_000_00 + random.between(-400_000_00, 400_000_00),
      overridden: random.chance(0.05),
      solverFailed: random.chance(0.01),
    })
    if (run(300, noise).guardrail !== '') rolledBack++
  }
  assert.ok(rolledBack / runs <= 0.05, `${rolledBack} of ${runs}`)
})

test('a regression is found within a stated number of decisions', () => {
  const found = (next: (random: Random) => Partial<Observation>, guardrail: string, within: number) => {
    for (let index = 0; index < 200; index++) {
      const random = new Random('regression', guardrail, index)
      const trial = run(within, () => next(random))
      assert.equal(trial.guardrail, guardrail, `${index}: after ${trial.decisions}`)
    }
  }
  // 10 bp of what is moved, at a guardrail of 1 bp.
  found(() => ({ regretBaseMinor: 1_000_00 }), 'cost-regret', 15)
  found((random) => ({ regretBaseMinor: random.between(0, 1_000_00) }), 'cost-regret', 60)
  found(() => ({ otherMovedBaseMinor: 0 }), 'churn', 20)
  found((random) => ({ overridden: random.chance(0.5) }), 'override', 40)
  found(() => ({ solverFailed: true }), 'solver-failure', 12)
})

test('a policy whose regret is twice its guardrail is shown to keep it in at most 5 % of trials', () => {
  const runs = 1_000
  let passed = 0
  for (let index = 0; index < runs; index++) {
    const random = new Random('regret above its bound', index)
    const next = () => ({ regretBaseMinor: 200_00 + random.between(-900_00, 900_00) })
    const state = newGuardrails()
    for (let at = 0; at < 100; at++) {
      observe(state, DEFAULT_CANARY, { ...QUIET, ...next() })
      if (inconclusive(state, DEFAULT_CANARY) !== '') continue
      passed++
      break
    }
  }
  assert.ok(passed / runs <= 0.05, `${passed} of ${runs}`)
})

test('one plan alone, however dear, neither ends a trial nor is hidden by one that is cheap', () => {
  const state = newGuardrails()
  assert.equal(observe(state, DEFAULT_CANARY, { ...QUIET, regretBaseMinor: 1e12 }), undefined)
  assert.ok(state.costRegret.sum <= 1)
  observe(state, DEFAULT_CANARY, { ...QUIET, regretBaseMinor: -1e12 })
  assert.ok(Math.abs(state.costRegret.sum - 1) < 1e-12)
})

test('with a guardrail of 0 % the first override ends the trial', () => {
  const plan = { ...DEFAULT_CANARY, overridePercent: 0 }
  assert.equal(run(50, () => ({}), plan).guardrail, '')
  assert.deepEqual(run(50, () => ({ overridden: true }), plan).decisions, 1)
})
