/** Gives back what it is given: the task of the Piscina peer in the `thread-hop` benchmark. */
// Piscina calls a worker file's default export.
// biome-ignore lint/style/noDefaultExport: the pool asks for it
export default function echo(payload: Uint8Array): Uint8Array {
  return payload
}
