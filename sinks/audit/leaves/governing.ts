/**
 * Which leaves say what governs a group: policies, rosters, and what people ordered about either or about who speaks for whom.
 *
 * The leaves of decisions and events tell how many of these came before, so whoever is shown such a leaf knows that none was left out. What
 * people ordered about plans, holds and kills is not among them: it is often and governs nothing else. Pure.
 */

const GOVERNING_SUBJECTS = ['change:', 'roster:', 'person:'] as const

export function isGoverning(kind: string, { subject }: Readonly<Record<string, unknown>>): boolean {
  if (kind === 'policy' || kind === 'roster') return true
  return (
    kind === 'command' &&
    typeof subject === 'string' &&
    GOVERNING_SUBJECTS.some((form) => subject.startsWith(form))
  )
}
