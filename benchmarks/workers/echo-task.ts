/** Gives back what it is given: the task of the Piscina peer in the `thread-hop` benchmark. */
export function echo(payload: Uint8Array): Uint8Array {
  return payload
}
