/**
 * Private keys from files: PKCS#8 in PEM, or the text of the note format.
 *
 * A file that others can read is refused: a key that somebody else may have copied signs nothing for certain. Depends on
 * node:fs and node:crypto.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import { WeirError } from '../../../pipeline/errors.js'
import { LocalKey, parsePrivateKey } from './keys.js'

/** A PEM of Ed25519 has 119 bytes; comments before it are allowed for. */
const MAX_KEY_FILE_BYTES = 16 * 1024
const GROUP_AND_OTHERS = 0o077

/**
 * @param name of the key; a PEM holds none, and that of a note key must be the same
 * @throws WeirError WEIR_INPUT when the file cannot be read, is open to others, or holds no key of Ed25519
 */
export async function readKeyFile(path: string, name?: string): Promise<LocalKey> {
  const text = (await readSecret(path)).trim()
  try {
    const key = text.startsWith('PRIVATE+KEY+') ? parsePrivateKey(text) : fromPem(text, name)
    if (name === undefined || key.name === name) return key
  } catch (error) {
    // The messages of our own errors hold nothing of the key, those of OpenSSL are not repeated.
    const message = error instanceof WeirError ? error.message : 'it is no key in PEM or in the note format'
    throw unusable(path, message, 'give a PKCS#8 PEM of Ed25519, or PRIVATE+KEY+NAME+HASH+KEY')
  }
  throw unusable(path, `its key has another name than ${name}`, 'give the name that is in the file, or none')
}

function fromPem(text: string, name: string | undefined): LocalKey {
  const key: KeyObject = createPrivateKey({ key: text, format: 'pem' })
  if (name === undefined) throw new WeirError('WEIR_INPUT', 'a PEM needs a name beside it')
  return new LocalKey(name, key)
}

/** Mode and content are of one open file, so that it cannot be exchanged between the two looks. */
async function readSecret(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw unusable(path, `it cannot be read (${error.code})`, 'give the file of a private key')
  })
  try {
    const { mode, size } = await file.stat()
    // Windows knows no modes: there Node reports all files as readable by all.
    if (process.platform !== 'win32' && (mode & GROUP_AND_OTHERS) !== 0)
      throw unusable(path, 'its group or others may use it', `chmod 600 ${path}, or make a new key`)
    if (size > MAX_KEY_FILE_BYTES) throw unusable(path, 'it is too long for a key', 'give another file')
    return await file.readFile('utf8')
  } catch (error) {
    if (error instanceof WeirError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw unusable(path, `it cannot be read (${code})`, 'give the file of a private key')
  } finally {
    await file.close()
  }
}

function unusable(path: string, what: string, remedy: string): WeirError {
  return new WeirError('WEIR_INPUT', `the key file cannot be used: ${what}`, { place: path, remedy })
}
