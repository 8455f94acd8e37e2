/**
 * The configuration of a run as this command line starts it, for `weir run`, which takes it, and for `weir doctor`, which tells it.
 *
 * Depends on the runtime, the sandbox's bank and the configuration file.
 */
import { defaultSettings } from '../pipeline/runtime/kafka/settings.js'
import {
  type FolderOptions,
  folderConfiguration,
  instanceConfiguration,
  type RunConfiguration,
} from '../pipeline/runtime/run-configuration.js'
import { SimulatedBank } from '../sandbox/bank/simulated-bank.js'
import { SIMULATED_VENUE } from '../sandbox/day/reference-data.js'
import { loadConfiguration } from './configuration.js'
import { packageVersion } from './package-version.js'
import { bankSeedOf, type RunSettings, timingOf } from './run-settings.js'

/** What a run over a folder depends on besides its input. */
export function folderOptions(
  bankSeed: number,
  timing: RunSettings['timing'],
): FolderOptions & RunSettings['timing'] {
  return {
    ...timing,
    venues: [new SimulatedBank({ venueId: SIMULATED_VENUE, seed: bankSeed })],
    identity: { bankSeed },
    version: packageVersion(),
  }
}

/** Of a run over a folder without further flags. */
export function configuredFolder(configFile: string | undefined): RunConfiguration {
  const file = loadConfiguration(configFile)
  return folderConfiguration(folderOptions(bankSeedOf(file), timingOf(file)))
}

/** Of an instance without further flags. */
export function configuredInstance(configFile: string | undefined): RunConfiguration {
  const { kafka = defaultSettings([]), heartbeatMillis } = loadConfiguration(configFile)
  const hasRegistry = kafka.registry !== undefined
  return instanceConfiguration({ version: packageVersion(), kafka, hasRegistry, heartbeatMillis })
}
