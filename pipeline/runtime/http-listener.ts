/**
 * Begins and ends listening, for the small HTTP servers beside the runtime. Depends on node:http.
 */
import type { Server } from 'node:http'
import { WeirError } from '../errors.js'

export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** What the port is called where the user sets it. */
  readonly portName: string
}

/** @throws WeirError WEIR_CONFIG when the address cannot be listened on */
export function listenOn(server: Server, { host, port, portName }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new WeirError('WEIR_CONFIG', `it cannot be listened on (${error.code})`, {
          place: `${portName} ${port} of ${host}`,
          remedy: `give another ${portName}, or 0 for any that is free`,
        }),
      ),
    )
    server.listen(port, host, resolve)
  })
}

/** Ends connections too: nobody is waited for. */
export async function stopListening(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
