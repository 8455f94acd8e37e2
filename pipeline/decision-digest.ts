/**
 * The decision digest: a SHA-256 chain over what a group decided, ordered and did, one link a cycle that has any of it.
 *
 * Only what matters outside enters, as text with fixed field order, so that a new field of a record does not change
 * old digests. Depends on hashing only.
 */
import type { CycleResult } from '../schemas/generated/types.js'
import { sha256, toHex } from './identity.js'

export function chainDigest(previous: Uint8Array, result: CycleResult): Uint8Array {
  const silent = result.decisions.length === 0 && result.instructionEvents.length === 0
  if (silent && result.deadLetters.length === 0) return previous
  const lines: (string | number)[][] = []
  for (const decision of result.decisions) {
    const { decisionId, cycle, outcome, reason, trigger, modelDigest, basis, policyDigest } = decision
    lines.push(['decision', toHex(decisionId), cycle, outcome, reason, trigger, toHex(policyDigest)])
    lines.push(['model', toHex(modelDigest), toHex(basis), ...decision.primal, '|', ...decision.dual])
  }
  for (const order of result.instructions) {
    const { instructionId, kind, channelId, amountMinor, counterAmountMinor, expiresAt } = order
    const { assetId, assetParts } = order
    lines.push([
      'instruction',
      toHex(instructionId),
      kind,
      channelId,
      amountMinor,
      counterAmountMinor,
      expiresAt,
      ...(assetId === '' ? [] : [assetId, assetParts]),
    ])
  }
  for (const event of result.instructionEvents) {
    lines.push(['event', toHex(event.instructionId), event.state, event.eventTime, event.reasonCode])
  }
  for (const letter of result.deadLetters) lines.push(['dead-letter', letter.input, letter.reason])
  const text = lines.map((line) => line.join('\t')).join('\n')
  return sha256(previous, Buffer.from(`${result.groupId}\t${result.cycle}\n${text}`, 'utf8'))
}
