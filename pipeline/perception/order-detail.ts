/** The detail of a command in the form that its kind asks for; any other is refused. Depends on the details of governance. */
import type { Command } from '../../schemas/generated/types.js'
import { CommandRefusal } from '../governance/people/author.js'
import { type Details, readDetail } from '../governance/people/command-detail.js'

export function detailOf<K extends keyof Details>(form: K, { detail }: Command): Details[K] {
  const read = readDetail(form, detail)
  if ('fault' in read) throw new CommandRefusal('invalid-command', read.fault)
  return read.detail
}
