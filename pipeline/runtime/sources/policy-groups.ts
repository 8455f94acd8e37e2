/**
 * The groups of a run are those that a policy names. Read before anything else, from the `policy` stream.
 *
 * Depends on the cursors.
 */
import { WeirError } from '../../errors.js'
import { EVERY_GROUP, UNROUTED_GROUP } from '../../ports.js'
import { FileCursor } from './file-cursor.js'
import type { InputFolder } from './input-folder.js'

/**
 * @returns the ids of the groups, in no particular order
 * @throws WeirError WEIR_INPUT when no policy names a group
 */
export function readPolicyGroups(directory: string, folder: InputFolder): Set<string> {
  const groups = new Set<string>()
  for (const file of folder.files) {
    if (file.stream !== 'policy') continue
    const cursor = new FileCursor(file, folder.startMicros, undefined)
    try {
      while (cursor.advance()) if (!cursor.isFault) groups.add(cursor.groupId)
    } finally {
      cursor.close()
    }
  }
  for (const reserved of ['', EVERY_GROUP, UNROUTED_GROUP]) groups.delete(reserved)
  if (groups.size === 0)
    throw new WeirError('WEIR_INPUT', 'no policy names a group, so no input could be routed', {
      place: `${directory}/policy`,
      remedy: 'add a policy record for each liquidity group; see docs/streams.md',
    })
  return groups
}
