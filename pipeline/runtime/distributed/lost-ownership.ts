/**
 * What the end of an ownership is told as: taken over by another, or a client that is beyond repair. Pure.
 */
import { WeirError } from '../../errors.js'
import type { BrokerFault } from './ports.js'

export function lostOwnership(partition: number, fault: BrokerFault): WeirError {
  if (fault.kind !== 'fenced') {
    // A new client takes the partition over again; what was not committed is read again.
    return new WeirError(fault.error.code, fault.error.message, {
      place: fault.error.place ?? `partition ${partition}`,
      cause: fault.error,
      ...(fault.error.remedy === undefined ? {} : { remedy: fault.error.remedy }),
      ...(fault.kind === 'refused' ? {} : { retry: 'now' as const }),
    })
  }
  return new WeirError('WEIR_FENCED', 'another instance has taken the partition over', {
    place: `partition ${partition}`,
    remedy: 'nothing to do: this instance follows it from now on and sends nothing for it',
    cause: fault.error,
  })
}
