/**
 * `weir identity`: keys of people, and who vouches for them. Depends on commander and its subcommands.
 */
import type { Command } from 'commander'
import * as key from './identity/key.js'
import * as login from './identity/login.js'
import * as serve from './identity/serve.js'
import * as show from './identity/show.js'

export function register(program: Command): void {
  const identity = program
    .command('identity')
    .description('keys that people sign with, and sign-in by an OpenID provider')
  for (const { registerAt } of [key, serve, login, show]) registerAt(identity)
}
