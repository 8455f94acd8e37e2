/**
 * What `weir solve --exact` says of an answer: whether it is proven, by what, and the exact objective in the sense of the file.
 * Depends on the optimizer's host.
 */
import { WeirError } from '../pipeline/errors.js'
import { certifyInfeasible } from '../wasm-core/host/exact/certify-infeasible.js'
import { certifyOptimal } from '../wasm-core/host/exact/certify-optimal.js'
import { fromDouble } from '../wasm-core/host/exact/dyadic.js'
import {
  fromDyadic,
  negative,
  type Rational,
  sum,
  toDecimal,
  toDoubleUp,
  toFraction,
} from '../wasm-core/host/exact/rational.js'
import type { SolveStatus } from '../wasm-core/host/linear-program.js'
import type { MpsModel } from '../wasm-core/host/mps/mps-model.js'
import type { SolvedAnswer } from '../wasm-core/host/presolve/solve-with-presolve.js'

export interface ExactProof {
  readonly proven: boolean
  /**
   * `basis`: that of the answer is exactly optimal. `repaired-basis`: another one is, a few exact steps away. `bounds`: the optimum lies between
   * `lowest` and `highest`. `farkas`, `crossed`: no point exists. `nothing`: not proven.
   */
  readonly by: 'basis' | 'repaired-basis' | 'bounds' | 'farkas' | 'crossed' | 'nothing'
  /** Why nothing is proven, or only bounds; null otherwise. */
  readonly reason: string | null
  /** The exact optimum of the model in doubles, in the sense of the file; null where none is proven. */
  readonly objective: ExactNumber | null
  /** With `bounds`: in the sense of the file; null where nothing is known. */
  readonly lowest: ExactNumber | null
  readonly highest: ExactNumber | null
  /** How far the printed answer is at most from the exact one of its basis; null without one. */
  readonly distance: { readonly x: number; readonly y: number; readonly objective: number } | null
  /** Largest violation of a bound and of a sign by the basis of the answer, rounded up; null where it has no vertex. */
  readonly violation: { readonly primal: number; readonly dual: number } | null
}

export interface ExactNumber {
  /** In lowest terms. */
  readonly fraction: string
  /** 20 digits or more, rounded. */
  readonly decimal: string
}

const DIGITS = 20

const nothing: ExactProof = {
  proven: false,
  by: 'nothing',
  reason: null,
  objective: null,
  lowest: null,
  highest: null,
  distance: null,
  violation: null,
}

interface Ended {
  readonly status: SolveStatus
  readonly answer: SolvedAnswer
  readonly basis: Uint8Array | undefined
}

/** An answer that is too large to prove is not proven, and says so; a limit is no error of the command. */
export function exactProof(mps: MpsModel, ended: Ended): ExactProof {
  try {
    if (ended.status === 'optimal') return proofOfOptimum(mps, ended)
    if (ended.status === 'infeasible') return proofOfInfeasibility(mps, ended)
  } catch (error) {
    if (!(error instanceof WeirError) || error.code !== 'WEIR_SOLVER') throw error
    return { ...nothing, reason: error.toLine() }
  }
  return { ...nothing, reason: `there is no exact proof of '${ended.status}'` }
}

function proofOfOptimum(mps: MpsModel, { answer, basis }: Ended): ExactProof {
  if (basis === undefined) return { ...nothing, reason: 'the answer came without a basis' }
  const certificate = certifyOptimal(mps.model, basis, answer)
  if (certificate.outcome === 'refuted')
    return { ...nothing, reason: `${certificate.reason}: ${certificate.detail}` }
  const { primal, dual, objective } = certificate.distance
  const distance = { x: primal.atMost, y: dual.atMost, objective: objective.atMost }
  if (certificate.outcome === 'optimal') {
    const optimum = inFile(mps, certificate.objective)
    return {
      ...nothing,
      proven: true,
      by: 'basis',
      objective: optimum,
      distance,
      violation: { primal: 0, dual: 0 },
    }
  }
  const { primalViolation, dualViolation, lowest, highest, repair } = certificate
  const violation = { primal: toDoubleUp(primalViolation), dual: toDoubleUp(dualViolation) }
  const common = { ...nothing, distance, violation }
  if (repair === 'optimal' && lowest !== undefined)
    return { ...common, proven: true, by: 'repaired-basis', objective: inFile(mps, lowest) }
  const reason =
    repair === 'infeasible'
      ? 'rows and bounds, taken exactly, exclude each other by a rest of rounding'
      : 'no exactly optimal basis was found near by'
  const [least, most] = mps.maximize ? [highest, lowest] : [lowest, highest]
  return { ...common, by: 'bounds', reason, lowest: inFile(mps, least), highest: inFile(mps, most) }
}

function proofOfInfeasibility({ model }: MpsModel, { answer, basis }: Ended): ExactProof {
  const certificate = certifyInfeasible(model, answer.ray, basis === undefined ? {} : { basis })
  if (certificate.outcome === 'infeasible') return { ...nothing, proven: true, by: certificate.kind }
  return { ...nothing, reason: `${certificate.reason}: ${certificate.detail}` }
}

/** `fileObjective`, exactly. */
function inFile(mps: MpsModel, minimized: Rational): ExactNumber
function inFile(mps: MpsModel, minimized: Rational | undefined): ExactNumber | null
function inFile(mps: MpsModel, minimized: Rational | undefined): ExactNumber | null {
  if (minimized === undefined) return null
  const offset = fromDyadic(fromDouble(mps.objectiveOffset))
  const value = sum(offset, mps.maximize ? negative(minimized) : minimized)
  return { fraction: toFraction(value), decimal: toDecimal(value, DIGITS) }
}

/** Longest fraction shown to people; the document has all of it. */
const FRACTION_SHOWN = 80

/** Lines of a table: name and text. */
export function describeProof(proof: ExactProof): string[][] {
  const { proven, by, reason, objective, lowest, highest, distance } = proof
  const lines = [['proven', proven ? `yes, by ${by}` : `no: ${reason}`]]
  if (objective !== null) {
    lines.push(['exactly', objective.decimal])
    const { fraction } = objective
    lines.push([
      '',
      fraction.length <= FRACTION_SHOWN ? fraction : `a fraction of ${fraction.length} characters (--json)`,
    ])
  }
  if (by === 'bounds')
    lines.push(['between', `${lowest?.decimal ?? 'unknown'} and ${highest?.decimal ?? 'unknown'}`])
  if (distance !== null) {
    const { x, y, objective: value } = distance
    lines.push(['distance', `x ${short(x)}, y ${short(y)}, objective ${short(value)}`])
  }
  return lines
}

const short = (value: number): string => (value === 0 ? '0' : value.toExponential(1))
