/**
 * Connects a client for a command, and lets go of it: a client that did not connect tries on for ever and would keep the process alive.
 * Depends on the client.
 */
import { connect, Refusals } from './client.js'
import type { KafkaSettings } from './settings.js'

interface Client {
  disconnect(callback: () => void): unknown
}

/** A client that has nothing to wait for any more is let go of after this long. */
const DISCONNECT_BOUND_MS = 5_000

/** Connects, and gives what tells of refused credentials. @throws WeirError WEIR_KAFKA, after the client was let go of */
export async function connected(client: Client, settings: KafkaSettings): Promise<Refusals> {
  const refusals = new Refusals()
  refusals.watch(client)
  try {
    await new Promise<void>((resolve, reject) =>
      connect(client, refusals, settings.bootstrapServers.join(','), (fault) =>
        fault === undefined ? resolve() : reject(fault.error),
      ),
    )
    return refusals
  } catch (error) {
    await disconnected(client)
    throw error
  }
}

/** Ends once the client has let go of its threads and connections, or did not in time. */
export async function disconnected(client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DISCONNECT_BOUND_MS)
    try {
      client.disconnect(() => resolve())
    } catch {
      // It had disconnected by itself.
      resolve()
    }
  })
  clearTimeout(timer)
}
