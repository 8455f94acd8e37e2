/**
 * A request to the broker as the machines see it: it settles once, and rings the instance's bell when it does.
 * Depends on the ports.
 */
import type { BrokerFault, Operation } from './ports.js'

/** Whoever waits for something to happen. */
export interface Ringable {
  ring(): void
}

export class PendingOperation<T> implements Operation<T> {
  #state: Operation<T>['state'] = 'pending'
  #value: T | undefined
  #fault: BrokerFault | undefined
  readonly #bell: Ringable

  constructor(bell: Ringable) {
    this.#bell = bell
  }

  get state(): Operation<T>['state'] {
    return this.#state
  }

  get value(): T {
    return this.#value as T
  }

  get fault(): BrokerFault {
    return this.#fault as BrokerFault
  }

  succeed(value: T): void {
    if (this.#state !== 'pending') return
    this.#state = 'done'
    this.#value = value
    this.#bell.ring()
  }

  fail(fault: BrokerFault): void {
    if (this.#state !== 'pending') return
    this.#state = 'failed'
    this.#fault = fault
    this.#bell.ring()
  }
}
