/**
 * Point 8: between the decision before and this one no leaf of the group is missing, those by which nothing was done or something was
 * refused included. Pure.
 */
import type { Evidence } from '../evidence.js'
import type { Finding } from './point.js'

export function sequencePoint({ arranged, decision }: Evidence): Finding {
  const { first, last } = arranged
  const before =
    decision.previousCycle < 0
      ? 'the first decision'
      : `the decision before was in cycle ${decision.previousCycle}`
  const outcome = `${decision.outcome}${decision.reason === '' ? '' : `: ${decision.reason}`}`
  return { detail: `numbers ${first} to ${last} of the group, ${before}; ${outcome}` }
}
