/**
 * A basis as bytes, columns then rows: 0 basic, 1 at lower, 2 at upper, 3 free at zero. Depends on pipeline/errors.ts.
 */
import { WeirError } from '../../pipeline/errors.js'

export const BASIC = 0
export const AT_LOWER = 1
export const AT_UPPER = 2
export const FREE = 3

/** Throws `WEIR_SOLVER` for what is no basis of a model with so many rows and, columns and rows together, variables. */
export function checkBasis(basis: Uint8Array, rows: number, variables: number): void {
  const refuse = (message: string): never => {
    throw new WeirError('WEIR_SOLVER', message, {
      place: 'basis',
      remedy: 'use a basis of a model of the same shape',
    })
  }
  if (basis.length !== variables) refuse(`has ${basis.length} elements, not ${variables}`)
  let basics = 0
  for (const code of basis) {
    if (code > FREE) refuse(`has the code ${code}, beyond ${FREE}`)
    if (code === BASIC) basics++
  }
  if (basics !== rows) refuse(`has ${basics} basic variables, not one for each of ${rows} rows`)
}
