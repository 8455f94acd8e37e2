/**
 * The exact certificate that a bundle has of what was solved. Depends on the certificates.
 */
import {
  type CertifiedAnswer,
  certify,
  writeCertificate,
} from '../../../wasm-core/host/exact/certificate-document.js'
import { EXACT_TOLERANCE } from '../../../wasm-core/host/exact/certify-optimal.js'
import { claimOf } from '../../../wasm-core/host/exact/claim.js'
import { EXACT_LIMITS } from '../../../wasm-core/host/exact/limits.js'
import type { ExaminedSolve } from '../replay/replay-job.js'

/** Those of all bundles: wider ones would let a worse answer pass. */
export const CERTIFICATE_TERMS = { tolerance: EXACT_TOLERANCE, pivots: EXACT_LIMITS.pivots }

/**
 * Null when the optimizer came to no end that can be proven.
 * @throws WeirError WEIR_SOLVER when a limit of exact arithmetic is met
 */
export function certificateOf({
  model,
  status,
  basis,
  primal,
  dual,
  objective,
  ray,
}: ExaminedSolve): string | null {
  let subject: CertifiedAnswer
  if (status === 'optimal') subject = { kind: 'optimum', basis, answer: { primal, dual, objective } }
  else if (status === 'infeasible') subject = { kind: 'ray', basis, ray }
  else return null
  const claim = claimOf(certify(model, subject, CERTIFICATE_TERMS))
  return writeCertificate({ model, subject, terms: CERTIFICATE_TERMS, claim }).toString('latin1')
}
