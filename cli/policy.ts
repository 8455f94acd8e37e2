/**
 * `weir policy`: checks and compares policy files, tries them on stored days, and changes the policy of a group. Depends on the files in `cli/policy/` and
 * `cli/people/`.
 */
import type { Command } from 'commander'
import { registerAt as registerChanges } from './people/policy-change.js'
import { compare } from './policy/compare.js'
import { lint } from './policy/lint.js'
import { registerAt as registerPromotion } from './policy/promote.js'
import { registerAt as registerReplay } from './policy/replay.js'
import { registerAt as registerStatus } from './policy/status.js'

const LINT_HELP = `
A policy that names a parent is proven to only tighten it, and that one its own parent, up to the root. What cannot be
proven is a mistake.

Examples:
  $ weir policy lint policies/europe.yaml
  $ weir policy lint mine.yaml --policies parents/`

const DIFF_HELP = `
Each line is a key, its two values, by how much, and which way: tightens, loosens, neither (it only ranks allowed plans), or
unproven. Costs and targets are neither.

Example:
  $ weir policy diff europe-v1.yaml europe-v2.yaml`

export function register(program: Command): void {
  const policy = program.command('policy').description('work with policies')
  policy
    .command('lint')
    .description('check policy files; every mistake in one line with file, line and column')
    .argument('<file...>', 'YAML files, see docs/policy.md')
    .option('--policies <dir>', 'folder of the policies that may be parents')
    .option('--json', 'print one JSON document')
    .addHelpText('after', LINT_HELP)
    .action(lint)
  policy
    .command('diff')
    .description('what changes from one policy to another, and which way')
    .argument('<before>', 'YAML file')
    .argument('<after>', 'YAML file')
    .option('--json', 'print one JSON document')
    .addHelpText('after', DIFF_HELP)
    .action(compare)
  registerChanges(policy)
  registerPromotion(policy)
  registerReplay(policy)
  registerStatus(policy)
}
