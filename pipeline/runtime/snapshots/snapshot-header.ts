/**
 * The header of a snapshot: one line of JSON with a version. Pure.
 */

/** The header of a snapshot; undefined when it is damaged or of another version. */
export function parseSnapshotHeader<H extends { readonly version: number }>(
  line: Buffer,
  version: number,
): H | undefined {
  try {
    const header = JSON.parse(line.toString('utf8')) as H
    return header.version === version ? header : undefined
  } catch {
    return undefined
  }
}
