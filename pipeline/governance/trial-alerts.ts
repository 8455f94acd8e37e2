/**
 * The alerts and refusals by which a trial is followed from outside: how they are written and read, in one place, so that one cannot change
 * without the other.
 *
 * Pure; depends on nothing.
 */
export type Stage = 'shadow' | 'canary' | 'full'

export function stageMessage(policyId: string, version: number, stage: Stage): string {
  return `${policyId} v${version} is at the stage ${stage}.`
}

/** Undefined for a text that is no such message. */
export function readStage(
  message: string,
): { readonly policyId: string; readonly version: number; readonly stage: Stage } | undefined {
  const match = /^(.+) v(\d+) is at the stage (shadow|canary|full)\.$/.exec(message)
  if (match === null) return undefined
  return { policyId: match[1]!, version: Number(match[2]), stage: match[3] as Stage }
}

export function commandMessage(kind: string, subject: string, personId: string, reason: string): string {
  return `${kind} ${subject} by ${personId}: ${reason}`
}

/** Who gave a command that was taken; undefined for a text that is no such message. */
export function readCommand(
  message: string,
  subject: string,
): { readonly kind: string; readonly personId: string } | undefined {
  const kind = message.slice(0, Math.max(0, message.indexOf(' ')))
  const head = `${kind} ${subject} by `
  if (kind === '' || !message.startsWith(head)) return undefined
  const rest = message.slice(head.length)
  const end = rest.indexOf(': ')
  return end < 0 ? undefined : { kind, personId: rest.slice(0, end) }
}

const INCONCLUSIVE = 'inconclusive, hold: '
const NOT_APPROVED = ' is not approved: '

export function inconclusiveMessage(open: readonly string[], decisions: number): string {
  return `${INCONCLUSIVE}${open.join(' and ')} is not shown by ${decisions} decisions that moved anything`
}

export function notApprovedMessage(subject: string, author: string): string {
  return `${subject}${NOT_APPROVED}an approver and a risk-officer must, neither of them ${author}`
}

/** What would let a stage pass that was refused with this detail; undefined when waiting does not help. */
export function whatIsMissing(detail: string): 'decisions' | 'voices' | undefined {
  if (detail.startsWith(INCONCLUSIVE)) return 'decisions'
  return detail.includes(NOT_APPROVED) ? 'voices' : undefined
}
