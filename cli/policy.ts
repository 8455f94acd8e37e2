/**
 * `weir policy lint`: checks policy files without running anything. Depends on governance.
 */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { type Policy, parsePolicy } from '../pipeline/governance/policy.js'
import { EXIT } from './failure.js'
import { note, printJson, printText } from './output.js'

interface LintFlags {
  readonly json?: boolean
}

export function register(program: Command): void {
  const policy = program.command('policy').description('work with policies')
  policy
    .command('lint')
    .description('check policy files; every mistake in one line with file, line and column')
    .argument('<file...>', 'YAML files, see docs/policy.md')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ weir policy lint policies/europe.yaml')
    .action(lint)
}

interface Finding {
  readonly file: string
  readonly policy: Policy | undefined
  readonly mistake: WeirError | undefined
}

function lint(paths: readonly string[], flags: LintFlags): void {
  const findings = paths.map(check)
  const wrong = findings.flatMap(({ mistake }) => (mistake === undefined ? [] : [mistake]))
  if (flags.json === true) printJson({ valid: wrong.length === 0, policies: findings.map(asJson) })
  else for (const { file, policy } of findings) if (policy !== undefined) printText(describe(file, policy))
  for (const mistake of wrong) note(`weir: ${mistake.toLine()}`)
  process.exitCode = wrong.length === 0 ? EXIT.ok : EXIT.badInput
}

function check(file: string): Finding {
  try {
    return { file, policy: parsePolicy(readPolicy(file), file), mistake: undefined }
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    return { file, policy: undefined, mistake: error }
  }
}

function readPolicy(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (cause as Error).message
    throw new WeirError('WEIR_POLICY', reason, { place: file, remedy: 'give the path of a YAML file', cause })
  }
}

function asJson({ file, policy, mistake }: Finding): object {
  if (mistake !== undefined) {
    const { code, message, place, remedy } = mistake
    return { file, valid: false, error: { code, message, place, remedy } }
  }
  const { policyId, version, groupId, mode, digest } = policy!
  return { file, valid: true, policyId, version, groupId, mode, digest: Buffer.from(digest).toString('hex') }
}

function describe(file: string, { policyId, version, groupId, mode, accounts, digest }: Policy): string {
  const short = Buffer.from(digest).toString('hex').slice(0, 12)
  return `${file}: ok: ${policyId} version ${version} for group ${groupId}, ${mode}, ${accounts.length} accounts, digest ${short}`
}
