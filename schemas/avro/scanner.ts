/**
 * Finds the records in a block, and of each its group and event time: all that the runtime must know
 * to order and route an input whose bytes it never re-encodes. Depends on the codecs and `walker.ts`.
 */
import { HOT_CODECS, type HotCodec } from '../generated/codecs.js'
import type { StreamName } from '../generated/schemas.js'
import type { RecordOf } from '../generated/types.js'
import { isHot } from './hot.js'
import { resolverFor } from './registry.js'
import { Interner } from './text.js'
import { createBoundaryWalker, type Walker } from './walker.js'

export interface RecordScanner {
  /**
   * Position after the record that starts at `position` of `bytes`, or -1 when it ends beyond `limit`, -2 when it is
   * malformed so that its end cannot be told. A record that has an end may still hold a value its schema does not know: the
   * decoder refuses it alone. On success the two properties below describe the record. Allocates nothing for a known group.
   */
  scan(bytes: Uint8Array, position: number, limit: number): number
  /** Event time, microseconds; -1 for a stream whose records have none. May be out of range: beyond +-2^52. */
  readonly eventTimeMicros: number
  /** Group; empty for a stream whose records name none. */
  readonly groupId: string
}

/** Groups are few; a flood of distinct names is decoded anew each time. */
const GROUP_LIMIT = 4_096

/** Throws WEIR_SCHEMA when records of the writer schema cannot be read as the stream's. */
export function createScanner(stream: StreamName, writerSchemaJson: string): RecordScanner {
  const { canonical, writerType } = resolverFor(stream, writerSchemaJson)
  const walking = new WalkingScanner(createBoundaryWalker(writerType))
  return canonical && isHot(stream) ? new HotScanner(HOT_CODECS[stream].scan, walking) : walking
}

type ScanOf = HotCodec<RecordOf[StreamName]>['scan']

class HotScanner implements RecordScanner {
  eventTimeMicros = -1
  groupId = ''
  readonly #scan: ScanOf
  readonly #walking: WalkingScanner
  readonly #found = new Float64Array(3)
  readonly #groups = new Interner(GROUP_LIMIT)

  constructor(scan: ScanOf, walking: WalkingScanner) {
    this.#scan = scan
    this.#walking = walking
  }

  scan(bytes: Uint8Array, position: number, limit: number): number {
    const found = this.#found
    const next = this.#scan(bytes, position, limit, found)
    if (next < 0) return this.#walk(bytes, position, limit)
    this.eventTimeMicros = found[0]
    this.groupId = this.#groups.intern(bytes, found[1], found[2])
    return next
  }

  /** The slower way tells what is wrong with it. */
  #walk(bytes: Uint8Array, position: number, limit: number): number {
    const next = this.#walking.scan(bytes, position, limit)
    if (next < 0) return next
    this.eventTimeMicros = this.#walking.eventTimeMicros
    this.groupId = this.#walking.groupId
    return next
  }
}

class WalkingScanner implements RecordScanner {
  eventTimeMicros = -1
  groupId = ''
  readonly #groups = new Interner(GROUP_LIMIT)
  readonly #walker: Walker

  constructor(walker: Walker) {
    this.#walker = walker
  }

  scan(bytes: Uint8Array, position: number, limit: number): number {
    const next = this.#walker.walk(bytes, position, limit)
    if (next < 0) return next
    const { groupStart, groupEnd, eventTime } = this.#walker.found
    this.eventTimeMicros = eventTime
    this.groupId = this.#groups.intern(bytes, groupStart, groupEnd)
    return next
  }
}
