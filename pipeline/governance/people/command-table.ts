/**
 * Who may order what: one table, from which the check of commands and the table in `docs/governance.md` come.
 *
 * Pure; depends on the roles.
 */
import type { CommandKind } from '../../../schemas/generated/types.js'
import type { Role } from './roles.js'

export interface CommandRow {
  readonly kind: CommandKind
  /** One of these roles is enough. */
  readonly roles: readonly Role[]
  /** What the subject may be: `PREFIX:` with an id after it, or the word itself. */
  readonly subjects: readonly string[]
  /** Whether it is bound to a digest. */
  readonly bound: boolean
  readonly effect: string
}

/** Longest time from its making to its end that a command may have: what keeps a list of used ids short. */
export const COMMAND_LIFE_MICROS = 86_400_000_000

const ANYONE_WHO_ACTS: readonly Role[] = ['operator', 'approver', 'risk-officer', 'admin']
const KILLABLE = [
  'all',
  'group:',
  'entity:',
  'account:',
  'rail:',
  'facility:',
  'asset:',
  'instruction-kind:',
] as const

export const COMMANDS: readonly CommandRow[] = [
  {
    kind: 'HOLD',
    roles: ANYONE_WHO_ACTS,
    subjects: ['group', 'account:', 'rail:', 'facility:'],
    bound: false,
    effect: 'nothing moves the subject until it is released',
  },
  {
    kind: 'RELEASE',
    roles: ['operator', 'risk-officer', 'admin'],
    subjects: ['group', 'account:', 'rail:', 'facility:'],
    bound: false,
    effect: 'lifts a hold',
  },
  {
    kind: 'KILL',
    roles: ANYONE_WHO_ACTS,
    subjects: KILLABLE,
    bound: false,
    effect:
      'nothing is sent for the subject, from this cycle on, until two people lift it; plans that wait are refused',
  },
  {
    kind: 'LIFT',
    roles: ['risk-officer', 'admin'],
    subjects: ['kill:'],
    bound: false,
    effect: 'one of the two voices that lift the kill with this id',
  },
  {
    kind: 'APPROVE',
    roles: ['approver', 'risk-officer', 'admin'],
    subjects: ['decision:', 'change:', 'roster:'],
    bound: true,
    effect: 'one voice for exactly what has the digest',
  },
  {
    kind: 'REJECT',
    roles: ['approver', 'risk-officer', 'admin'],
    subjects: ['decision:', 'change:', 'roster:'],
    bound: true,
    effect: 'the plan lapses, the change or roster is withdrawn',
  },
  {
    kind: 'FORBID',
    roles: ['operator', 'risk-officer', 'admin'],
    subjects: ['decision:'],
    bound: false,
    effect: 'the plan that waits is cancelled',
  },
  {
    kind: 'ADJUST',
    roles: ['operator'],
    subjects: ['decision:'],
    bound: true,
    effect: 'a plan with other amounts takes the place of the one that waits; others approve it',
  },
  {
    kind: 'FORCE',
    roles: ['operator'],
    subjects: ['group'],
    bound: false,
    effect: 'a plan made by a person; it passes the gate as every plan, and others approve it',
  },
  {
    kind: 'PROPOSE',
    roles: ['policy-author', 'admin'],
    subjects: ['change:', 'roster:'],
    bound: true,
    effect: 'a change, or a new roster, may be approved from now on',
  },
  {
    kind: 'ACTIVATE',
    roles: ['policy-author', 'operator', 'admin'],
    subjects: ['change:'],
    bound: true,
    effect: 'an approved change goes to its next stage: shadow, canary, full',
  },
  {
    kind: 'ROLLBACK',
    roles: ['operator', 'risk-officer', 'admin'],
    subjects: ['change:'],
    bound: true,
    effect: 'the policy before the change is in force again; what was not sent is cancelled',
  },
  {
    kind: 'DELEGATE',
    roles: ['approver', 'risk-officer'],
    subjects: ['person:'],
    bound: false,
    effect: "another person may approve with the author's roles until a time",
  },
  {
    kind: 'REVOKE',
    roles: ['approver', 'risk-officer', 'admin'],
    subjects: ['person:'],
    bound: false,
    effect: "ends the author's delegation to a person",
  },
  {
    kind: 'ANSWER',
    roles: ['operator', 'approver', 'risk-officer'],
    subjects: ['case:'],
    bound: false,
    effect: 'chooses an option of a case',
  },
]

const ROWS = new Map(COMMANDS.map((row) => [row.kind, row]))

export function commandRow(kind: CommandKind): CommandRow {
  return ROWS.get(kind)!
}

/** Whether the row takes the subject: the word itself, or a prefix and an id of 1 to 256 characters. */
export function takesSubject({ subjects }: CommandRow, subject: string): boolean {
  return subjects.some((form) =>
    form.endsWith(':')
      ? subject.startsWith(form) && subject.length > form.length && subject.length <= form.length + 256
      : subject === form,
  )
}

/** The table as Markdown, for `docs/governance.md`; a test holds the two together. */
export function commandTable(): string {
  const rows = COMMANDS.map(({ kind, roles, subjects, bound, effect }) => {
    const about = subjects.map((form) => `\`${form.endsWith(':') ? `${form}ID` : form}\``).join(', ')
    return `| \`${kind}\` | ${roles.join(', ')} | ${about} | ${bound ? 'yes' : ''} | ${effect} |`
  })
  return ['| kind | roles | subject | digest | effect |', '|---|---|---|---|---|', ...rows].join('\n')
}
