/**
 * Where each input file goes on after a restart.
 *
 * Each group holds everything that arrives before the end of its last cycle. So everything that arrives before the least
 * such end, X, is in the journal, and arrivals of a file never fall: the records up to any journaled one that
 * arrived before X can be passed over. What is read again behind that place is compared with the group's own end.
 * Pure.
 */
import { UNROUTED_GROUP } from '../../ports.js'
import type { SeekPoint } from '../sources/file-cursor.js'
import type { GroupRun } from './group-run.js'

/** @param files number of file sources; higher sources are not read from files */
export function seekPoints(groups: readonly GroupRun[], files: number): Map<number, SeekPoint> {
  // The group of what cannot be routed is never behind the others: see LiveRun.
  const routed = groups.filter(({ groupId }) => groupId !== UNROUTED_GROUP)
  const complete = Math.min(...routed.map(({ closedAtMicros }) => closedAtMicros))
  const points = new Map<number, SeekPoint>()
  for (const { lastInputs } of groups)
    for (const [source, { position, arrivedAtMicros }] of lastInputs) {
      if (source >= files || arrivedAtMicros >= complete) continue
      const held = points.get(source)
      if (held === undefined || held.position < position) points.set(source, { position, arrivedAtMicros })
    }
  return points
}
