/** All scenarios, in the order in which they run. */

import { avroDecode } from './avro-decode.js'
import { clickhouseInsert } from './clickhouse-insert.js'
import { embeddedThroughput } from './embedded-throughput.js'
import type { Scenario } from './harness.js'
import { instructionLatency } from './instruction-latency.js'
import { threadHop } from './thread-hop.js'
import { warmResolve } from './warm-resolve.js'

export const scenarios: readonly Scenario[] = [
  avroDecode,
  warmResolve,
  threadHop,
  embeddedThroughput,
  instructionLatency,
  clickhouseInsert,
]
