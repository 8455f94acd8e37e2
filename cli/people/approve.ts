/** `weir approve` and `weir reject`: a voice about exactly what has a digest. Depends on sending. */
import type { Command } from 'commander'
import { canonicalJson } from '../../schemas/canonical-json.js'
import { digestOfFlag } from './digest.js'
import { addPeopleFlags, PEOPLE_HELP, type PeopleFlags, Settings } from './people-flags.js'
import { send } from './send.js'

interface VoiceFlags extends PeopleFlags {
  readonly digest?: string
  readonly for?: string
}

const DESCRIPTIONS = {
  approve: 'say yes to a plan, a change or a roster, by its digest',
  reject: 'say no to a plan, a change or a roster, by its digest',
} as const

export function register(program: Command): void {
  for (const word of ['approve', 'reject'] as const) {
    const command = program
      .command(word)
      .description(DESCRIPTIONS[word])
      .argument('<subject>', 'decision:ID, change:ID or roster:ID')
      .option('--digest <hex>', 'needed: of what it is about, as weir pending shows it')
      .option('--for <person>', 'with the roles that this person has delegated to you')
    addPeopleFlags(command)
      .addHelpText(
        'after',
        `
Nobody says yes to what they have made. A voice counts until it expires.

Example:
  $ weir ${word} decision:5b0f8c1e-3d0a-8c57-9f0e-2c4c8f6f9a11 --digest 3a7b... --group europe --reason 'as agreed with treasury'
${PEOPLE_HELP}`,
      )
      .action(async (subject: string, flags: VoiceFlags) => {
        const settings = new Settings(flags, `weir ${word}`)
        const digest = digestOfFlag(flags.digest, `weir ${word}`)
        const detail = flags.for === undefined ? '' : canonicalJson({ for: flags.for })
        const groupId = settings.groupOr(undefined)
        const kind = word === 'approve' ? 'APPROVE' : 'REJECT'
        await send(settings, { orders: [{ kind, subject, groupId, digest, detail }] })
      })
  }
}
