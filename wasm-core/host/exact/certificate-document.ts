/**
 * Model, answer and claim as one text that goes into a bundle: whoever has it computes the claim again and needs neither the
 * optimizer nor floating point. Depends on the certificates, claim.ts, hex-doubles.ts, schemas/canonical-json.ts, node:crypto.
 *
 *   { "answer": { "kind": "optimum", "basis": "0120...", "dual": HEX, "objective": HEX, "primal": HEX }
 *            or { "kind": "ray", "basis": "0120...", "ray": HEX },
 *     "claim":  see claim.ts,
 *     "digest": SHA-256, hexadecimal, of this text without this member,
 *     "format": "weir-exact-certificate-1",
 *     "model":  { "rows", "columns": DECIMAL, "columnStart", "rowIndex": DECIMALS parted by single blanks,
 *                 "value", "cost", "columnLower", "columnUpper", "rowLower", "rowUpper": HEX },
 *     "terms":  { "pivots": DECIMAL, "tolerance": HEX } }
 *
 * The text is canonical JSON (RFC 8785: members by name, no blanks), every value a string or an object, all of it ASCII; HEX is that of
 * hex-doubles.ts. The reader takes nothing else: what it gives is written as the same bytes.
 * The digest finds damage. That nobody put in another model is for the signature of the bundle to say.
 */
import { createHash } from 'node:crypto'
import { WeirError } from '../../../pipeline/errors.js'
import { canonicalJson } from '../../../schemas/canonical-json.js'
import { checkBasis } from '../basis.js'
import { checkModel, type SparseModel } from '../sparse-model.js'
import { certifyInfeasible, type InfeasibilityCertificate } from './certify-infeasible.js'
import { certifyOptimal, type FloatAnswer, type OptimalityCertificate } from './certify-optimal.js'
import { CLAIM_FIELDS, type Claim, claimDifference, claimOf } from './claim.js'
import { Fields, refuse } from './document-fields.js'
import { hexOfDoubles } from './hex-doubles.js'
import { EXACT_LIMITS, type ExactLimits } from './limits.js'

export const CERTIFICATE_FORMAT = 'weir-exact-certificate-1'

/** Above the largest model that is certified in reasonable time; bounds what a reader holds in memory. */
export const DOCUMENT_BYTES_LIMIT = 64 * 2 ** 20

export type CertifiedAnswer =
  | { readonly kind: 'optimum'; readonly basis: Uint8Array; readonly answer: FloatAnswer }
  | { readonly kind: 'ray'; readonly basis: Uint8Array; readonly ray: Float64Array }

/** What the outcome depends on besides model and answer. */
export interface CertificateTerms {
  readonly tolerance: number
  readonly pivots: number
}

export interface CertificateDocument {
  readonly model: SparseModel
  readonly subject: CertifiedAnswer
  readonly terms: CertificateTerms
  readonly claim: Claim
}

/** Computes the claim. Throws as the certificates do. */
export function certify(
  model: SparseModel,
  subject: CertifiedAnswer,
  terms: CertificateTerms,
  limits: ExactLimits = EXACT_LIMITS,
): OptimalityCertificate | InfeasibilityCertificate {
  const allowed = { ...limits, pivots: terms.pivots }
  const { basis } = subject
  return subject.kind === 'optimum'
    ? certifyOptimal(model, basis, subject.answer, { tolerance: terms.tolerance, limits: allowed })
    : certifyInfeasible(model, subject.ray, { basis, limits: allowed })
}

/** The same document gives the same bytes, everywhere. */
export function writeCertificate({ model, subject, terms, claim }: CertificateDocument): Buffer {
  const body = {
    answer: answerText(subject),
    claim,
    format: CERTIFICATE_FORMAT,
    model: modelText(model),
    terms: { pivots: String(terms.pivots), tolerance: hexOfDoubles([terms.tolerance]) },
  }
  const digest = createHash('sha256').update(canonicalJson(body)).digest('hex')
  return Buffer.from(canonicalJson({ ...body, digest }))
}

function answerText(subject: CertifiedAnswer): Claim {
  const basis = Array.from(subject.basis).join('')
  if (subject.kind === 'ray') return { kind: 'ray', basis, ray: hexOfDoubles(subject.ray) }
  const { primal, dual, objective } = subject.answer
  return {
    kind: 'optimum',
    basis,
    dual: hexOfDoubles(dual),
    objective: hexOfDoubles([objective]),
    primal: hexOfDoubles(primal),
  }
}

function modelText(model: SparseModel): Claim {
  return {
    rows: String(model.rows),
    columns: String(model.columns),
    columnStart: model.columnStart.join(' '),
    rowIndex: model.rowIndex.join(' '),
    value: hexOfDoubles(model.value),
    cost: hexOfDoubles(model.cost),
    columnLower: hexOfDoubles(model.columnLower),
    columnUpper: hexOfDoubles(model.columnUpper),
    rowLower: hexOfDoubles(model.rowLower),
    rowUpper: hexOfDoubles(model.rowUpper),
  }
}

/** Throws `WEIR_INPUT`, and nothing else, for bytes that `writeCertificate` does not write. */
export function readCertificate(bytes: Uint8Array): CertificateDocument {
  if (bytes.length > DOCUMENT_BYTES_LIMIT) refuse('', `is longer than ${DOCUMENT_BYTES_LIMIT} bytes`)
  const top = Fields.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
  if (top.text('format') !== CERTIFICATE_FORMAT) refuse('format', `is not ${CERTIFICATE_FORMAT}`)
  const model = readModel(top.object('model'))
  const subject = readSubject(top.object('answer'), model)
  const terms = top.object('terms')
  const [tolerance] = terms.doubles('tolerance', 1)
  if (!(tolerance >= 0 && tolerance < 1)) refuse('terms.tolerance', 'is not from 0 to 1')
  const claim = readClaim(top.object('claim'))
  const document = { model, subject, terms: { tolerance, pivots: terms.whole('pivots') }, claim }
  // One text a document: whatever is left over, doubled, reordered, or does not match the digest shows here.
  if (Buffer.compare(writeCertificate(document), bytes) !== 0)
    refuse('', 'is not in canonical form, or does not match its digest')
  return document
}

function readModel(fields: Fields): SparseModel {
  const [rows, columns] = [fields.whole('rows'), fields.whole('columns')]
  const rowIndex = fields.wholes('rowIndex')
  const model = {
    rows,
    columns,
    columnStart: fields.wholes('columnStart'),
    rowIndex,
    value: fields.doubles('value', rowIndex.length),
    cost: fields.doubles('cost', columns),
    columnLower: fields.doubles('columnLower', columns),
    columnUpper: fields.doubles('columnUpper', columns),
    rowLower: fields.doubles('rowLower', rows),
    rowUpper: fields.doubles('rowUpper', rows),
  }
  asInput('model', () => checkModel(model))
  return model
}

function readSubject(fields: Fields, model: SparseModel): CertifiedAnswer {
  const { rows, columns } = model
  const basis = fields.digits('basis', rows + columns)
  asInput('answer.basis', () => checkBasis(basis, rows, rows + columns))
  if (fields.text('kind') === 'ray') return { kind: 'ray', basis, ray: fields.doubles('ray', rows + columns) }
  const [objective] = fields.doubles('objective', 1)
  const answer = { primal: fields.doubles('primal', columns), dual: fields.doubles('dual', rows), objective }
  return { kind: 'optimum', basis, answer }
}

function readClaim(fields: Fields): Claim {
  const outcome = fields.text('outcome')
  const names = Object.hasOwn(CLAIM_FIELDS, outcome)
    ? CLAIM_FIELDS[outcome]
    : refuse('claim.outcome', 'is not known')
  return Object.fromEntries(['outcome', ...names].map((name) => [name, fields.text(name)]))
}

function asInput(place: string, step: () => void): void {
  try {
    step()
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    refuse(place, `${error.place ?? ''} ${error.message}`)
  }
}

/** Undefined when the claim is what model and answer give; otherwise the field of the claim that is not. Throws as the certificates do. */
export function checkCertificate(document: CertificateDocument, limits?: ExactLimits): string | undefined {
  const { model, subject, terms, claim } = document
  return claimDifference(claim, claimOf(certify(model, subject, terms, limits)))
}
