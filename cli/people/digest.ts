/** Digests as people give them. Depends on `WeirError` alone. */
import { WeirError } from '../../pipeline/errors.js'
import { fromHex } from '../../pipeline/identity.js'
import { required } from '../flags.js'

/** @throws WeirError WEIR_USAGE */
export function digestOfFlag(text: string | undefined, command: string): Uint8Array {
  const hex = required(text, '--digest', command)
  if (/^[0-9a-f]{64}$/.test(hex) && !/^0+$/.test(hex)) return fromHex(hex)
  throw new WeirError('WEIR_USAGE', `'${hex.slice(0, 70)}' is no digest`, {
    place: '--digest',
    remedy: 'give the 64 hexadecimal digits that weir pending shows for it',
  })
}
