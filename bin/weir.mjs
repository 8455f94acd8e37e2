#!/usr/bin/env node
/** The `weir` command: starts `dist/cli/main.js`. Depends on nothing else, so that it can say what is missing. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(fileURLToPath(main))) {
  await import(main.href)
} else {
  process.stderr.write(
    'weir: dist/cli/main.js: not built yet (run: npm run setup && npm run build, or npm start)\n',
  )
  process.exitCode = 1
}
