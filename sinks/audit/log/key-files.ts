/**
 * Private keys of a log from files: PKCS#8 in PEM, or the text of the note format. Depends on the runtime's key files.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { WeirError } from '../../../pipeline/errors.js'
import { readKeyText, unusableKeyFile } from '../../../pipeline/runtime/key-files.js'
import { LocalKey, parsePrivateKey } from './keys.js'

/**
 * @param name of the key; a PEM holds none, and that of a note key must be the same
 * @throws WeirError WEIR_INPUT when the file cannot be read, is open to others, or holds no key of Ed25519
 */
export async function readKeyFile(path: string, name?: string): Promise<LocalKey> {
  const text = await readKeyText(path)
  try {
    const key = text.startsWith('PRIVATE+KEY+') ? parsePrivateKey(text) : fromPem(text, name)
    if (name === undefined || key.name === name) return key
  } catch (error) {
    // The messages of our own errors hold nothing of the key, those of OpenSSL are not repeated.
    const message = error instanceof WeirError ? error.message : 'it is no key in PEM or in the note format'
    throw unusableKeyFile(path, message, 'give a PKCS#8 PEM of Ed25519, or PRIVATE+KEY+NAME+HASH+KEY')
  }
  throw unusableKeyFile(
    path,
    `its key has another name than ${name}`,
    'give the name that is in the file, or none',
  )
}

function fromPem(text: string, name: string | undefined): LocalKey {
  const key: KeyObject = createPrivateKey({ key: text, format: 'pem' })
  if (name === undefined) throw new WeirError('WEIR_INPUT', 'a PEM needs a name beside it')
  return new LocalKey(name, key)
}
