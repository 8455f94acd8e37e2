/** Digests and ids as they stand in rows. Depends on nothing. */

/** Lower-case hexadecimal digits of a digest. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** Sixteen zero bytes say in Avro that there is no id; NULL says it in ClickHouse. */
export function idOrNull(id: Uint8Array): Uint8Array | null {
  return id.every((byte) => byte === 0) ? null : id
}
