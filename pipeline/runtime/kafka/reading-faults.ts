/**
 * Whether a partition can be read from where it is to be read, told from where it begins and ends. Pure.
 */
import type { BrokerFault } from '../distributed/ports.js'
import { brokerFault, faultOfKind } from './faults.js'
import type { TopicPlace } from './reading.js'
import type { Extent } from './survey.js'

/** Surveys in a row without a step, before a partition with records left to read is at fault. */
const IDLE_SURVEYS = 2

const RANGE_REMEDY =
  'the offset is of another cluster, or retention has passed over what was not read yet: point kafka.bootstrapServers at the ' +
  'cluster of the journal, or restore the topic, see docs/runbook/restore-from-snapshot.md'

/** Before a reading starts: the topic is there and holds the offset, or ends at it. */
export function rangeFault(extent: Extent, place: TopicPlace, client: string): BrokerFault | undefined {
  const where = `${extent.topic} partition ${extent.partition}`
  if (extent.error !== undefined) return brokerFault(extent.error, 'the topic cannot be read', where)
  if (place.next < 0 || (place.next >= extent.begin && place.next <= extent.end)) return undefined
  return outOfRange(extent, place.next, where, client)
}

/** While a reading is under way; remembers in `place` what the survey found. */
export function stallFault(
  extent: Extent,
  place: TopicPlace,
  paused: boolean,
  latestFailure: unknown,
  client: string,
): BrokerFault | undefined {
  const where = `${extent.topic} partition ${extent.partition}`
  if (extent.error !== undefined) return brokerFault(extent.error, 'the topic cannot be read', where)
  place.end = extent.end
  const stands = place.reached === place.reachedAtSurvey
  place.reachedAtSurvey = place.reached
  if (stands && place.reached < extent.begin) return outOfRange(extent, place.reached, where, client)
  if (!stands || paused || place.reached >= extent.end) {
    place.idleSurveys = 0
    return undefined
  }
  place.idleSurveys += 1
  if (place.idleSurveys < IDLE_SURVEYS) return undefined
  if (latestFailure !== undefined) return brokerFault(latestFailure, 'no records come', where)
  const standing = `records from ${place.reached} to ${extent.end} do not come`
  return faultOfKind('retriable', standing, where, 'check the brokers if it lasts')
}

function outOfRange(extent: Extent, offset: number, where: string, client: string): BrokerFault {
  const message = `${client} is to read from offset ${offset}, but the broker holds ${extent.begin} to ${extent.end}`
  return faultOfKind('refused', message, where, RANGE_REMEDY)
}
