/** Which streams have a fixed-layout codec. Depends on the generated codecs. */
import { HOT_CODECS, type HotStream } from '../generated/codecs.js'

export function isHot(stream: string): stream is HotStream {
  return Object.hasOwn(HOT_CODECS, stream)
}
