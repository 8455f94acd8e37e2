/** A short-lived statement of an identity authority about whose key it is. Interim: the other branch has the whole of it. */
import { WeirError } from '../../errors.js'

export interface Credential {
  readonly authority: string
  readonly issuer: string
  readonly subject: string
  readonly keyBase64: string
  readonly notBeforeMicros: number
  readonly expiresMicros: number
}

export function openCredential(_text: string, _authorityKey: Uint8Array): Credential {
  throw new WeirError('WEIR_POLICY', 'not here yet')
}
