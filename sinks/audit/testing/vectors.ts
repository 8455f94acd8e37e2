/**
 * Published test vectors of transparency logs, in `$WEIR_SHARED/tlog` or `../shared/tlog` from the repository. For tests only; depends on
 * node:fs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const shared = process.env.WEIR_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url))
const folder = join(shared, 'tlog')

/** For the option `skip` of tests. */
export const skip = existsSync(folder) ? false : `NOT TESTED: ${folder} is absent (set WEIR_SHARED)`

export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as T
}

export const fromHex = (text: string): Uint8Array => Buffer.from(text, 'hex')
export const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64')
