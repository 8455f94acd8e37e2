/**
 * One Kafka with a registry for all tests that leave it as it is: create what they need under a `uniqueName`.
 *
 * `npm test` starts one for the whole run and names it in WEIR_TEST_KAFKA; a test file that runs by itself starts its
 * own, once. Nothing is to be stopped: it ends with whoever started it. Depends on `cluster.ts`.
 */
import { startKafka } from './cluster.js'

export interface SharedKafka {
  readonly bootstrap: string
  readonly registryUrl: string
}

let own: Promise<SharedKafka> | undefined

export function sharedKafka(): Promise<SharedKafka> {
  const given = process.env.WEIR_TEST_KAFKA
  if (given !== undefined && given !== '') return Promise.resolve(JSON.parse(given) as SharedKafka)
  own ??= startKafka({ registry: true }).then(({ bootstrap, registryUrl }) => ({
    bootstrap,
    registryUrl: registryUrl ?? '',
  }))
  return own
}
