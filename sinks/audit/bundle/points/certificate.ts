/**
 * Point 4: the answer of the optimizer is optimal, or there is none, in exact rational arithmetic: for the model that the replay comes to, the
 * basis and the answer that the log names. Pure.
 */
import { modelDigest } from '../../../../pipeline/deliberation/optimizer.js'
import { toHex } from '../../../../pipeline/identity.js'
import {
  type CertificateDocument,
  checkCertificate,
  readCertificate,
} from '../../../../wasm-core/host/exact/certificate-document.js'
import { doublesOfHex } from '../../../../wasm-core/host/exact/hex-doubles.js'
import { answerDigest, sha256Hex } from '../../leaves/leaf-fields.js'
import { CERTIFICATE_TERMS } from '../certificate-of.js'
import type { Evidence } from '../evidence.js'
import { demand, type Finding } from './point.js'

/** What a certificate of an answer comes to; of other answers there is none, and nothing was sent by them. */
const PROVEN: Readonly<Record<string, readonly string[]>> = {
  optimal: ['optimal', 'optimal-within'],
  infeasible: ['infeasible'],
}

export async function certificatePoint(evidence: Evidence): Promise<Finding> {
  const { bundle, decision } = evidence
  const { status } = decision.solver
  const proven = PROVEN[status]
  if (proven === undefined) {
    demand(bundle.certificate === null, `there is a certificate, and the optimizer said ${status}`)
    const isOfPerson = status === 'not-run' && decision.trigger === 'override'
    demand(decision.outcome !== 'ACTED' || isOfPerson, `it acted, and the optimizer said ${status}`)
    return {
      detail: status === 'not-run' ? `nothing was solved: ${decision.reason}` : `no proof of ${status}`,
    }
  }
  demand(bundle.certificate !== null, 'the certificate is not there')
  const document = readCertificate(Buffer.from(bundle.certificate, 'utf8'))
  demandSubject(document, evidence)
  const different = checkCertificate(document)
  demand(different === undefined, `the claim's ${different} is not what the basis gives`)
  const { claim } = document
  demand(proven.includes(claim.outcome ?? ''), `the basis is ${claim.outcome}: ${claim.reason ?? ''}`)
  await demandModel(document, evidence)
  return { detail: describe(document), facts: { ...claim } }
}

/** It is of the model, the basis and the answer of this decision, by the terms that all certificates have. */
function demandSubject({ model, subject, terms }: CertificateDocument, { decision }: Evidence): void {
  const { solver } = decision
  demand(toHex(modelDigest(model)) === solver.model, 'it is of another model')
  demand(model.rows === solver.rows && model.columns === solver.columns, 'the model has another size')
  demand(sha256Hex(subject.basis) === solver.basis, 'it is of another basis')
  demand(
    terms.tolerance === CERTIFICATE_TERMS.tolerance && terms.pivots === CERTIFICATE_TERMS.pivots,
    'it was made by other terms',
  )
  demand((subject.kind === 'optimum') === (solver.status === 'optimal'), `it is no proof of ${solver.status}`)
  if (subject.kind === 'optimum')
    demand(
      answerDigest(subject.answer.primal, subject.answer.dual) === solver.answer,
      'it is of another answer',
    )
}

async function demandModel({ subject }: CertificateDocument, evidence: Evidence): Promise<void> {
  const solve = (await evidence.replayed()).examined?.solve
  demand(solve !== undefined, 'the replay solves nothing in this cycle')
  demand(
    toHex(modelDigest(solve.model)) === evidence.decision.solver.model,
    'the replay builds another model from these inputs',
  )
  const given = subject.kind === 'optimum' ? subject.answer.objective : 0
  demand(
    subject.kind !== 'optimum' || Object.is(given, solve.objective),
    'the replay comes to another objective',
  )
}

function describe({ claim, model }: CertificateDocument): string {
  const size = `${model.rows} rows, ${model.columns} columns`
  if (claim.outcome === 'infeasible')
    return `no point exists, by ${claim.kind} with margin ${claim.margin}; ${size}`
  const distance = doublesOfHex(`${claim.distancePrimal}${claim.distanceDual}${claim.distanceObjective}`)
  const told = [...(distance ?? [])].map((value) => value.toExponential(1))
  const gap =
    claim.outcome === 'optimal'
      ? ''
      : `, within ${claim.gap === '' ? 'an unknown gap' : `a gap of ${claim.gap}`}`
  return `${claim.outcome}${gap}; the answer is at most ${told[0]} in values, ${told[1]} in prices, ${told[2]} in the objective from exact; ${size}`
}
