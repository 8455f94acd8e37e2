/** Words of a command that people copy into a shell. Depends on nothing. */

/** Names come from the journal, and whoever wrote one must not have the reader run something else. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9:._/@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
