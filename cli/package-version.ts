/** Version of the package, for `--version` and the journal. Depends on Node alone. */
import { readFileSync } from 'node:fs'

export function packageVersion(): string {
  // Compiled code is in dist/cli, two folders below the package.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
