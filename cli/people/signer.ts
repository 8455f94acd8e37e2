/** Signs commands with the key of a person. Depends on key files and the signing of commands. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { WeirError } from '../../pipeline/errors.js'
import {
  type CommandDraft,
  type Sign,
  type SignedCommand,
  signCommand,
} from '../../pipeline/governance/people/signing.js'
import { readSigningKey } from '../../pipeline/runtime/key-files.js'
import type { Settings } from './people-flags.js'

/** What a subcommand orders; who, when and why come from the flags, unless the order has a reason of its own. */
export type Order = Pick<CommandDraft, 'kind' | 'subject' | 'groupId' | 'detail' | 'digest'> &
  Partial<Pick<CommandDraft, 'reason'>>

export interface Lifetime {
  readonly atMicros: number
  readonly expiresAtMicros: number
}

/** Formats and bounds of credentials are the authority's; here only what cannot be one is refused. */
const CREDENTIAL_BYTES_MOST = 4_096

export class Signer {
  readonly #sign: Sign
  readonly #fields: Pick<CommandDraft, 'author' | 'rosterId' | 'reason' | 'credential'>

  private constructor(
    sign: Sign,
    fields: Pick<CommandDraft, 'author' | 'rosterId' | 'reason' | 'credential'>,
  ) {
    this.#sign = sign
    this.#fields = fields
  }

  /** @throws WeirError WEIR_USAGE for a flag that is missing, WEIR_INPUT for a key or credential that cannot be used */
  static async open(settings: Settings): Promise<Signer> {
    const { author, rosterId, reason, credentialFile } = settings
    const { sign } = await readSigningKey(settings.keyFile)
    const credential = credentialFile === undefined ? '' : readCredential(credentialFile)
    return new Signer(sign, { author, rosterId, reason, credential })
  }

  sign(order: Order, lifetime: Lifetime): SignedCommand {
    return signCommand({ ...this.#fields, ...order, ...lifetime, nonce: randomUUID() }, this.#sign)
  }
}

function readCredential(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    throw unusable(file, `it cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
  if (text === '' || Buffer.byteLength(text) > CREDENTIAL_BYTES_MOST)
    throw unusable(file, 'it is no credential')
  return text
}

function unusable(place: string, what: string): WeirError {
  return new WeirError('WEIR_INPUT', `the credential cannot be used: ${what}`, {
    place,
    remedy: 'sign in again and give the file that came of it',
  })
}
