/**
 * A point of the verification: what is asked of a bundle, and how it came out. Pure.
 */
import { WeirError } from '../../../../pipeline/errors.js'
import type { Json } from '../../../../schemas/canonical-json.js'

export const POINT_NAMES = [
  'log',
  'inputs',
  'policy',
  'certificate',
  'gates',
  'approvals',
  'instructions',
  'sequence',
  'time',
  'replay',
] as const

export type PointName = (typeof POINT_NAMES)[number]

/** What was found: a sentence for people, and what programs may want of it. */
export interface Finding {
  readonly detail: string
  readonly facts?: Json
}

export interface Point extends Finding {
  readonly point: PointName
  readonly holds: boolean
}

/** Why a point does not hold. */
export class Refutation extends Error {}

export function demand(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Refutation(why)
}

/** Whatever goes wrong fails the point: leaves hold what their log has signed, which may have any shape. */
export async function ask(point: PointName, find: () => Finding | Promise<Finding>): Promise<Point> {
  try {
    return { point, holds: true, ...(await find()) }
  } catch (error) {
    if (error instanceof Refutation) return { point, holds: false, detail: error.message }
    return { point, holds: false, detail: error instanceof WeirError ? error.toLine() : String(error) }
  }
}
