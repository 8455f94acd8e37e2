/**
 * An operation of a port in the simulated world: begun, and settled once by an event.
 *
 * Depends on the ports of the distributed runtime.
 */
import { type ErrorCode, WeirError } from '../../pipeline/errors.js'
import type { BrokerFault, BrokerFaultKind, Operation } from '../../pipeline/runtime/distributed/ports.js'

export class Request<T> implements Operation<T> {
  state: 'pending' | 'done' | 'failed' = 'pending'
  value?: T
  fault?: BrokerFault

  /** @param bell rung when the request settles */
  constructor(private readonly bell: () => void) {}

  done(value: T): void {
    if (this.state !== 'pending') return
    this.state = 'done'
    this.value = value
    this.bell()
  }

  failed(fault: BrokerFault): void {
    if (this.state !== 'pending') return
    this.state = 'failed'
    this.fault = fault
    this.bell()
  }
}

export function faultOf(kind: BrokerFaultKind, message: string, code: ErrorCode = 'WEIR_KAFKA'): BrokerFault {
  return {
    kind,
    error: new WeirError(code, message, {
      place: 'simulated world',
      remedy: 'none is needed: this is a test',
    }),
  }
}
