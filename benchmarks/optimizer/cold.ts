/**
 * Cold solves of published models (Netlib), all contenders in turns on each instance. Depends on cold-contenders.ts.
 */
import { type ColdContender, type ColdInstance, coldContenders } from './cold-contenders.js'
import type { ColdAnswer } from './native-driver.js'
import { type NetlibInstance, netlibInstances, netlibModel, WHERE_PUBLISHED } from './published-models.js'
import type { ColdContenderResult, ColdInstanceResult, ColdResult } from './results.js'
import type { Solvers } from './solvers.js'

export interface ColdOptions {
  readonly instancesAtMost: number
  /** The median counts; an instance that takes long is solved once. */
  readonly repetitions: number
  readonly repeatedUpToMs: number
  /** For one solve. */
  readonly secondsAtMost: number
}

/** Milliseconds; keeps instances of a few microseconds from ruling the mean. */
const SHIFT_MS = 1

/** Small ones, each so many times. */
const WARM_UP_INSTANCES = 10
const WARM_UP_SOLVES = 5

type Skipped = { readonly skipped: string }

export async function measureCold(solvers: Solvers, options: ColdOptions): Promise<ColdResult | Skipped> {
  const published = netlibInstances()?.slice(0, options.instancesAtMost)
  if (published === undefined) return { skipped: `no data: put the Netlib models into ${WHERE_PUBLISHED}` }
  const contenders = coldContenders(solvers, options.secondsAtMost)
  await warmUp(solvers, contenders, published.slice(0, WARM_UP_INSTANCES))
  const measured: { instance: ColdInstance; answers: ColdAnswer[] }[] = []
  for (const entry of published) {
    const instance = prepare(solvers, entry)
    measured.push({ instance, answers: await solveInstance(contenders, instance, options) })
  }
  const instances = measured.map(
    ({ instance, answers }): ColdInstanceResult => ({
      name: instance.name,
      ms: answers.map(({ ms, status }) => (status === 'optimal' ? ms : undefined)),
    }),
  )
  const byAll = instances.filter(({ ms }) => ms.every((value) => value !== undefined))
  return {
    instances,
    contenders: contenders.map(({ name, family }, index) => ({
      name,
      family,
      ...summary(byAll, index),
      ...outcomes(measured.map(({ instance, answers }) => ({ instance, answer: answers[index]! }))),
    })),
    notMeasured: solvers.natives.flatMap((native) => ('driver' in native ? [] : [native])),
    solvedByAll: byAll.length,
    secondsAtMost: options.secondsAtMost,
  }
}

/** The first solves pay for what the engine has not compiled yet, above all in a module as large as that of HiGHS. */
async function warmUp(
  solvers: Solvers,
  contenders: readonly ColdContender[],
  entries: readonly NetlibInstance[],
): Promise<void> {
  for (const entry of entries) {
    const instance = prepare(solvers, entry)
    for (let solve = 0; solve < WARM_UP_SOLVES; solve++) {
      for (const contender of contenders) await contender.solve(instance)
    }
  }
}

function prepare(solvers: Solvers, entry: NetlibInstance): ColdInstance {
  const model = netlibModel(entry)
  const files: Record<string, string> = {}
  for (const native of solvers.natives) {
    if ('driver' in native) files[native.name] = native.driver.write('cold', { model, steps: [] })
  }
  return { name: entry.name, model, optimum: entry.optimum, files }
}

/** The answer of each contender, with the median of its times. */
async function solveInstance(
  contenders: readonly ColdContender[],
  instance: ColdInstance,
  { repetitions, repeatedUpToMs }: ColdOptions,
): Promise<ColdAnswer[]> {
  const times = contenders.map((): number[] => [])
  const answers: ColdAnswer[] = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (repetition + turn) % contenders.length
      // Long ones are told apart without a median, and short ones of the same instance still get theirs.
      if ((times[index]![0] ?? 0) > repeatedUpToMs) continue
      const answer = await contenders[index]!.solve(instance)
      times[index]!.push(answer.ms)
      answers[index] = answer
    }
  }
  return answers.map((answer, index) => ({ ...answer, ms: median(times[index]!) }))
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!

function summary(instances: readonly ColdInstanceResult[], index: number) {
  const times = instances.map(({ ms }) => ms[index] as number)
  const logarithms = times.reduce((sum, ms) => sum + Math.log(ms + SHIFT_MS), 0)
  return {
    meanMs: Math.exp(logarithms / times.length) - SHIFT_MS,
    sumMs: times.reduce((sum, ms) => sum + ms, 0),
  }
}

function outcomes(
  solves: readonly { readonly instance: ColdInstance; readonly answer: ColdAnswer }[],
): Pick<ColdContenderResult, 'solved' | 'maxRelativeError' | 'unsolved'> {
  const unsolved: string[] = []
  let maxRelativeError = 0
  for (const { instance, answer } of solves) {
    if (answer.status !== 'optimal') unsolved.push(`${instance.name}: ${answer.status}`)
    else {
      const error = Math.abs(answer.objective - instance.optimum) / Math.max(1, Math.abs(instance.optimum))
      maxRelativeError = Math.max(maxRelativeError, error)
    }
  }
  return { solved: solves.length - unsolved.length, maxRelativeError, unsolved }
}
