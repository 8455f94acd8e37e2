/**
 * Files of private keys: read when nobody else may read them, written for their owner alone and over nothing.
 *
 * A key that somebody else may have copied signs nothing for certain, so a file that is open to others is refused. Messages hold nothing of
 * a key, and those of OpenSSL are not repeated. Depends on node:fs and node:crypto.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { WeirError } from '../errors.js'

/** A PEM of Ed25519 has 119 bytes; comments before it are allowed for. */
const KEY_FILE_BYTES_MOST = 16 * 1024
const GROUP_AND_OTHERS = 0o077
const OWNER_ONLY = 0o600
/** DER of RFC 8410 before the 32 bytes of a public key. */
const SPKI_PREFIX_BYTES = 12

/** An Ed25519 key in this process. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  sign(bytes: Uint8Array): Uint8Array
}

/**
 * The text of a key file. Mode and content are of one open file, so that it cannot be exchanged between the two looks.
 * @throws WeirError WEIR_INPUT when it cannot be read, is open to others, or is too long
 */
export async function readKeyText(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw unusableKeyFile(path, `it cannot be read (${error.code})`, 'give the file of a private key')
  })
  try {
    const { mode, size } = await file.stat()
    // Windows knows no modes: there Node reports all files as readable by all.
    if (process.platform !== 'win32' && (mode & GROUP_AND_OTHERS) !== 0)
      throw unusableKeyFile(path, 'its group or others may use it', `chmod 600 ${path}, or make a new key`)
    if (size > KEY_FILE_BYTES_MOST)
      throw unusableKeyFile(path, 'it is too long for a key', 'give another file')
    return (await file.readFile('utf8')).trim()
  } catch (error) {
    if (error instanceof WeirError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw unusableKeyFile(path, `it cannot be read (${code})`, 'give the file of a private key')
  } finally {
    await file.close()
  }
}

/** @throws WeirError WEIR_INPUT when the file is no PKCS#8 PEM of Ed25519, or as `readKeyText` does */
export async function readSigningKey(path: string): Promise<SigningKey> {
  const text = await readKeyText(path)
  const remedy = 'give a PKCS#8 PEM of Ed25519, as weir identity key makes it'
  let key: KeyObject
  try {
    key = createPrivateKey({ key: text, format: 'pem' })
  } catch {
    throw unusableKeyFile(path, 'it is no key in PEM', remedy)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusableKeyFile(path, 'it is no key of Ed25519', remedy)
  return signingKey(key)
}

/** @param key a private key of Ed25519 */
export function signingKey(key: KeyObject): SigningKey {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX_BYTES)
  return {
    publicKey: new Uint8Array(publicKey),
    sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
  }
}

/** @throws WeirError WEIR_INPUT when a file is there, or it cannot be written */
export function writeKeyFile(path: string, text: string): void {
  try {
    writeFileSync(path, `${text.trimEnd()}\n`, { mode: OWNER_ONLY, flag: 'wx' })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const message = code === 'EEXIST' ? 'the file is there' : `the key cannot be written (${code})`
    const remedy = 'give a new file: a key that is lost cannot be made again'
    throw new WeirError('WEIR_INPUT', message, { place: path, remedy, cause })
  }
}

export function unusableKeyFile(path: string, what: string, remedy: string): WeirError {
  return new WeirError('WEIR_INPUT', `the key file cannot be used: ${what}`, { place: path, remedy })
}
