/**
 * Everything that solves: the optimizer's module, HiGHS compiled to WebAssembly, and the native peers that are installed.
 * Depends on the host and on the native drivers.
 */
import type { Highs } from 'highs'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import { loadHighs } from '../../wasm-core/host/peers/highs.js'
import { NATIVE_PEERS } from './native-build.js'
import { NativeDriver } from './native-driver.js'

export const HIGHS_NAME = 'HiGHS WASM'

export interface NotMeasured {
  readonly name: string
  /** Why, and what to do about it. */
  readonly notMeasured: string
}

export type Native = { readonly name: string; readonly driver: NativeDriver } | NotMeasured

export interface Solvers {
  readonly module: WebAssembly.Module
  readonly highs: Highs
  readonly natives: readonly Native[]
  /** Names with versions. */
  readonly labels: readonly string[]
  close(): void
}

export async function openSolvers(): Promise<Solvers> {
  const { module } = await compileOptimizer()
  const highs = await loadHighs()
  const natives: Native[] = []
  for (const peer of NATIVE_PEERS) {
    const started = await NativeDriver.start(peer)
    const { name } = peer
    natives.push(started instanceof NativeDriver ? { name, driver: started } : { name, ...started })
  }
  const drivers = natives.flatMap((native) => ('driver' in native ? [native.driver] : []))
  return {
    module,
    highs,
    natives,
    labels: [`HiGHS ${highs.version.string} in WebAssembly`, ...drivers.map(({ label }) => label)],
    close: () => {
      for (const driver of drivers) driver.close()
    },
  }
}
