/** All scenarios, in the order in which they run. */

import { auditAppend } from './audit-append.js'
import { auditBundle } from './audit-bundle.js'
import { auditProof } from './audit-proof.js'
import { avroDecode } from './avro-decode.js'
import { clickhouseInsert } from './clickhouse-insert.js'
import { embeddedBusy } from './embedded/busy-throughput.js'
import { steadyLoad } from './embedded/steady-load.js'
import { embeddedThroughput } from './embedded-throughput.js'
import { exactCertificate } from './exact-certificate.js'
import { governedAction } from './governed-action.js'
import type { Scenario } from './harness.js'
import { instructionLatency } from './instruction-latency.js'
import { policyEvaluation } from './policy-evaluation.js'
import { threadHop } from './thread-hop.js'
import { warmResolve } from './warm-resolve.js'

/** @param steadyMinutes how long the steady load goes on */
export function scenariosOf(steadyMinutes: number): readonly Scenario[] {
  return [
    avroDecode,
    warmResolve,
    exactCertificate,
    policyEvaluation,
    governedAction,
    threadHop,
    embeddedThroughput,
    embeddedBusy,
    instructionLatency,
    steadyLoad(steadyMinutes),
    clickhouseInsert,
    auditAppend,
    auditProof,
    auditBundle,
  ]
}
