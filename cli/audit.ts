/**
 * `weir audit`: the audit log of a run, and bundles that anybody can verify. Depends on commander and its subcommands.
 */
import type { Command } from 'commander'
import * as append from './audit/append.js'
import * as check from './audit/check.js'
import * as exportBundle from './audit/export.js'
import * as key from './audit/key.js'
import * as verify from './audit/verify.js'
import * as witness from './audit/witness.js'

export function register(program: Command): void {
  const audit = program.command('audit').description('a log that cannot be rewritten, and proofs from it')
  for (const { registerAt } of [key, append, check, exportBundle, verify, witness]) registerAt(audit)
}
