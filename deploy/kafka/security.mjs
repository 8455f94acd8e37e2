/**
 * Users and certificates of a secure local cluster, made once for a data folder.
 *
 * ```
 * DIR/security/               0700
 *   credentials.json   0600   passwords, random
 *   ca.pem                    the authority that clients trust
 *   NAME.pem, NAME.key 0600   certificate and key of a user
 *   NAME.store.pem     0600   both in one, as a broker reads them
 * ```
 * Made with openssl and not with keytool: broker and client both read PEM, and keytool cannot write a private key.
 * Depends on Node and the openssl program.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execute, LocalKafkaError, lastLines } from './parts.mjs'
import { HOST } from './properties.mjs'

/** `admin` may do everything; `weir` whatever begins with GRANTED_PREFIX; `guest` logs in and may do nothing. */
const userNames = ['admin', 'weir', 'guest']
/** The brokers' own name, by certificate only. */
const BROKER = 'broker'
export const superUsers = ['admin', BROKER]
export const GRANTED_PREFIX = 'weir'

const VALID_DAYS = 825
// RFC 5280 allows 20 bytes; the first bit stays clear.
const SERIAL_BYTES = 16
const PASSWORD_BYTES = 18

/**
 * @typedef {{ name: string, password: string, certificatePath: string, keyPath: string }} User
 * @typedef {{ caPath: string, users: User[], brokerStorePath: string, broker: { cert: string, key: string, ca: string } }} ClusterSecurity
 */

/** @param {string} directory of the cluster @returns {Promise<ClusterSecurity>} */
export async function securityOf(directory) {
  const folder = join(directory, 'security')
  // Written last: with it, everything is there.
  if (!existsSync(join(folder, 'credentials.json'))) await makeAll(folder)
  return readSecurity(directory)
}

/** What `securityOf` made before. @param {string} directory @returns {ClusterSecurity} */
export function readSecurity(directory) {
  const folder = join(directory, 'security')
  /** @type {Record<string, string>} */
  const passwords = JSON.parse(readFileSync(join(folder, 'credentials.json'), 'utf8'))
  const text = (/** @type {string} */ name) => readFileSync(join(folder, name), 'utf8')
  return {
    caPath: join(folder, 'ca.pem'),
    users: userNames.map((name) => ({
      name,
      password: passwords[name] ?? '',
      certificatePath: join(folder, `${name}.pem`),
      keyPath: join(folder, `${name}.key`),
    })),
    brokerStorePath: join(folder, `${BROKER}.store.pem`),
    broker: { cert: text(`${BROKER}.pem`), key: text(`${BROKER}.key`), ca: text('ca.pem') },
  }
}

/** @param {string} folder */
async function makeAll(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await makeAuthority(folder)
  await Promise.all([...userNames, BROKER].map((name) => makeCertificate(folder, name)))
  // Nobody needs to sign again; without the key nobody can.
  rmSync(join(folder, 'ca.key'))
  const passwords = Object.fromEntries(
    userNames.map((name) => [name, randomBytes(PASSWORD_BYTES).toString('base64url')]),
  )
  writeFileSync(join(folder, 'credentials.json'), `${JSON.stringify(passwords, null, 2)}\n`, { mode: 0o600 })
}

/** @param {string} folder */
async function makeAuthority(folder) {
  // A configuration of our own: the machine's may add extensions, or be missing.
  writeFileSync(
    join(folder, 'openssl.cnf'),
    '[req]\ndistinguished_name = name\nx509_extensions = authority\n[name]\n[authority]\n' +
      'basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\nsubjectKeyIdentifier = hash\n' +
      `[leaf]\nbasicConstraints = CA:FALSE\nsubjectAltName = IP:${HOST}, DNS:localhost\nextendedKeyUsage = serverAuth, clientAuth\n`,
  )
  const output = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.pem')]
  await openssl(folder, [
    'req',
    '-x509',
    ...newKey,
    ...output,
    '-days',
    `${VALID_DAYS}`,
    '-subj',
    '/CN=weir local authority',
  ])
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** @param {string} folder @param {string} name */
async function makeCertificate(folder, name) {
  const at = (/** @type {string} */ ending) => join(folder, `${name}.${ending}`)
  await openssl(folder, [
    'req',
    '-new',
    ...newKey,
    '-keyout',
    at('key'),
    '-out',
    at('csr'),
    '-subj',
    `/CN=${name}`,
  ])
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(SERIAL_BYTES - 1)]).toString('hex')
  const authority = [
    '-CA',
    join(folder, 'ca.pem'),
    '-CAkey',
    join(folder, 'ca.key'),
    '-set_serial',
    `0x${serial}`,
  ]
  const extensions = ['-extfile', join(folder, 'openssl.cnf'), '-extensions', 'leaf']
  await openssl(folder, [
    ...['x509', '-req', '-in', at('csr'), '-out', at('pem'), '-days', `${VALID_DAYS}`],
    ...authority,
    ...extensions,
  ])
  rmSync(at('csr'))
  writeFileSync(at('store.pem'), readFileSync(at('key'), 'utf8') + readFileSync(at('pem'), 'utf8'), {
    mode: 0o600,
  })
}

/** @param {string} folder @param {string[]} args */
async function openssl(folder, args) {
  const env = { ...process.env, OPENSSL_CONF: join(folder, 'openssl.cnf') }
  const result = await execute('openssl', args, { env })
  if (!result.ok)
    throw new LocalKafkaError(
      `certificates could not be made with openssl (is it installed? Debian: apt-get install openssl)\n${lastLines(result.output)}`,
    )
}
