/**
 * Finds the ClickHouse engine that npm installed for this platform.
 *
 * The engine is one shared library inside an optional package; nothing is downloaded here.
 * Depends on Node and `pipeline/errors`.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { WeirError } from '../../../pipeline/errors.js'

/** Engine package by `process.platform` and `process.arch`; builds for musl do not exist. */
const ENGINE_PACKAGES: Readonly<Record<string, string>> = {
  'linux x64': '@chdb/lib-linux-x64-gnu',
  'linux arm64': '@chdb/lib-linux-arm64-gnu',
  'darwin x64': '@chdb/lib-darwin-x64',
  'darwin arm64': '@chdb/lib-darwin-arm64',
}

const LIBRARY_FILE = 'libchdb.so'

/** Resolves a package's `package.json` to its path; throws when the package is not installed. */
export type ResolvePackage = (name: string) => string

const installedPackage: ResolvePackage = (name) =>
  createRequire(import.meta.url).resolve(`${name}/package.json`)

/**
 * Path of the engine's shared library.
 * Throws `WEIR_MISSING_PART` with a remedy when the platform has none or the package is not installed.
 */
export function findEngineLibrary(
  platform: string = process.platform,
  architecture: string = process.arch,
  resolvePackage: ResolvePackage = installedPackage,
): string {
  const key = `${platform} ${architecture}`
  const name = ENGINE_PACKAGES[key]
  if (name === undefined) {
    throw new WeirError('WEIR_MISSING_PART', `there is no embedded ClickHouse for ${key}`, {
      place: 'embedded ClickHouse',
      remedy: 'give a ClickHouse server by --clickhouse-url',
    })
  }
  const library = libraryOf(name, resolvePackage)
  if (library !== undefined) return library
  throw new WeirError('WEIR_MISSING_PART', `package ${name} is not installed`, {
    place: 'embedded ClickHouse',
    remedy: `run \`npm install --no-save ${name}\`, or give a ClickHouse server by --clickhouse-url`,
  })
}

function libraryOf(name: string, resolvePackage: ResolvePackage): string | undefined {
  try {
    const path = join(dirname(resolvePackage(name)), LIBRARY_FILE)
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
