/**
 * A fault of a port in the simulated world. Depends on the ports of the distributed runtime.
 */
import { type ErrorCode, WeirError } from '../../pipeline/errors.js'
import type { BrokerFault, BrokerFaultKind } from '../../pipeline/runtime/distributed/ports.js'

export function faultOf(kind: BrokerFaultKind, message: string, code: ErrorCode = 'WEIR_KAFKA'): BrokerFault {
  return {
    kind,
    error: new WeirError(code, message, {
      place: 'simulated world',
      remedy: 'none is needed: this is a test',
    }),
  }
}
