/**
 * What a channel to people can do, and what becomes of a delivery. Depends on the form of notifications.
 */
import type { AlertRule, Notification } from './notification.js'

/** `unavailable`: the target is down, all wait. `refused`: this one is not taken, and hardly ever will be. */
export type Failure = 'unavailable' | 'refused'

export type Delivery =
  | { readonly delivered: true }
  | {
      readonly delivered: false
      readonly failure: Failure
      /** For the log, without secrets. */
      readonly reason: string
      /** Least pause before the next attempt, where the target has asked for one. */
      readonly pauseMs?: number
    }

export interface Channel {
  /** One attempt, within a time of its own. Never throws for what the target does. */
  deliver(notification: Notification, signal: AbortSignal): Promise<Delivery>
}

export interface Target {
  /** Names the file that its progress is in. */
  readonly name: string
  readonly rule: AlertRule
  /** Most deliveries in a minute. */
  readonly perMinute: number
  readonly channel: Channel
}

export const DELIVERED: Delivery = { delivered: true }

export function failed(failure: Failure, reason: string, pauseMs?: number): Delivery {
  return { delivered: false, failure, reason, ...(pauseMs === undefined ? {} : { pauseMs }) }
}
