/**
 * Log lines of a cycle's decisions and alerts, with the ids by which they are found in ClickHouse.
 *
 * A result stays as encoded bytes on the main thread, so it is decoded only when somebody asked for these lines: decisions that
 * acted or were refused at `info`, critical alerts at `warn`. Depends on the schemas and pino's interface.
 */
import type { Logger } from 'pino'
import { decodeRecord } from '../../../schemas/avro/registry.js'
import type { CycleResult } from '../../../schemas/generated/types.js'
import { formatUuid, toHex } from '../../identity.js'

export function logDecisions(logger: Logger | undefined, resultBytes: Uint8Array): void {
  if (logger?.isLevelEnabled('info') !== true) return
  const result = decodeRecord('cycle-result', resultBytes) as CycleResult
  const { groupId, cycle } = result
  for (const { decisionId, outcome, reason, instructions, arm } of result.decisions) {
    // What a policy on trial would have done is for the trial's report.
    if (outcome === 'NOTHING_TO_DO' || arm !== '') continue
    logger.info(
      { groupId, cycle, decisionId: formatUuid(toHex(decisionId)), outcome, reason, instructions },
      'decision',
    )
  }
  for (const { severity, code, subject, message } of result.alerts) {
    if (severity === 'CRITICAL') logger.warn({ groupId, cycle, code, subject }, message)
  }
}
