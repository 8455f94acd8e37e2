/**
 * What a certificate comes down to, as text: the part of a document that whoever checks it computes again and compares.
 * Depends on the certificates, rational.ts, hex-doubles.ts.
 */
import type { InfeasibilityCertificate } from './certify-infeasible.js'
import type { AnswerDistance, OptimalityCertificate } from './certify-optimal.js'
import { hexOfDoubles } from './hex-doubles.js'
import { type Rational, toFraction } from './rational.js'

/** Names of fields by outcome; every value is a text, and what is not known is an empty one. */
export type Claim = Readonly<Record<string, string>>

const DISTANCES = ['distanceDual', 'distanceObjective', 'distancePrimal'] as const
const REPAIRS = ['highest', 'lowest', 'gap', 'pivots', 'repair'] as const

/** The fields of each outcome, besides `outcome` itself. */
export const CLAIM_FIELDS: Readonly<Record<string, readonly string[]>> = {
  optimal: ['objective', ...DISTANCES],
  'optimal-within': ['objective', 'primalViolation', 'dualViolation', ...DISTANCES, ...REPAIRS],
  infeasible: ['kind', 'margin', 'repaired'],
  refuted: ['reason'],
}

/** Exact numbers as fractions in lowest terms; distances rounded up, as hexadecimal doubles. */
export function claimOf(certificate: OptimalityCertificate | InfeasibilityCertificate): Claim {
  switch (certificate.outcome) {
    case 'optimal':
      return {
        outcome: 'optimal',
        objective: toFraction(certificate.objective),
        ...distances(certificate.distance),
      }
    case 'optimal-within': {
      const { objective, primalViolation, dualViolation, distance, highest, lowest, gap } = certificate
      return {
        outcome: 'optimal-within',
        objective: toFraction(objective),
        primalViolation: toFraction(primalViolation),
        dualViolation: toFraction(dualViolation),
        ...distances(distance),
        highest: known(highest),
        lowest: known(lowest),
        gap: known(gap),
        pivots: String(certificate.pivots),
        repair: certificate.repair,
      }
    }
    case 'infeasible': {
      const { kind, margin, isRepaired } = certificate
      return { outcome: 'infeasible', kind, margin: toFraction(margin), repaired: String(isRepaired) }
    }
    case 'refuted':
      return { outcome: 'refuted', reason: certificate.reason }
  }
}

const known = (value: Rational | undefined): string => (value === undefined ? '' : toFraction(value))

function distances({ primal, dual, objective }: AnswerDistance) {
  return {
    distanceDual: hexOfDoubles([dual.atMost]),
    distanceObjective: hexOfDoubles([objective.atMost]),
    distancePrimal: hexOfDoubles([primal.atMost]),
  }
}

/** The first field in which two claims differ; undefined for equal ones. */
export function claimDifference(a: Claim, b: Claim): string | undefined {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().find((field) => a[field] !== b[field])
}
