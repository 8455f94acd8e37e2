/**
 * The group state as canonical bytes and back: JSON with maps as lists of pairs in order of insertion.
 *
 * Equal histories give equal bytes, so the SHA-256 of them is the state digest, and a state restored from them
 * goes on exactly as the original would have. Raise `STATE_VERSION` when the shape changes: an older snapshot
 * is then refused and the journal is replayed instead. Depends on the state only.
 */
import { WeirError } from './errors.js'
import { fromHex, toHex } from './identity.js'
import { IdSet } from './perception/id-set.js'
import { type GroupState, newGroupState } from './perception/state.js'

export const STATE_VERSION = 9

export function encodeState(state: GroupState): Uint8Array {
  const text = JSON.stringify({ version: STATE_VERSION, state }, (_key, value: unknown) => {
    if (value instanceof Map) return { map: [...value] }
    if (value instanceof IdSet) return { ids: value.serialize() }
    if (value instanceof Uint8Array) return { hex: toHex(value) }
    return value
  })
  return new Uint8Array(Buffer.from(text, 'utf8'))
}

export function decodeState(bytes: Uint8Array): GroupState {
  let parsed: { version: number; state: GroupState }
  try {
    parsed = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
      revive,
    )
  } catch (cause) {
    throw new WeirError('WEIR_SNAPSHOT', 'the snapshot is not readable', { cause })
  }
  if (parsed.version !== STATE_VERSION) {
    throw new WeirError('WEIR_SNAPSHOT', `the snapshot has version ${parsed.version}, not ${STATE_VERSION}`, {
      remedy: 'delete the snapshot; the journal is replayed instead',
    })
  }
  return Object.assign(newGroupState(parsed.state.groupId), parsed.state)
}

/**
 * Tagged objects are recognized by their single key. Records have other keys, and text that looks like a tag
 * stays text, because it is inside a string.
 */
function revive(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  const tagged = value as { map?: [unknown, unknown][]; ids?: [string, string]; hex?: string }
  if (Array.isArray(tagged.map)) return new Map(tagged.map)
  if (Array.isArray(tagged.ids)) return IdSet.restore(tagged.ids)
  if (typeof tagged.hex === 'string') return fromHex(tagged.hex)
  return value
}
