/**
 * People for simulations, demonstrations and tests: a roster whose private keys anybody can make. Never give it to a group that moves money.
 *
 * Depends on the signing of commands and node:crypto.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { Role } from '../pipeline/governance/people/roles.js'
import { type CommandDraft, type SignedCommand, signCommand } from '../pipeline/governance/people/signing.js'
import { sha256 } from '../pipeline/identity.js'

export const SIMULATED_ROSTER = 'simulated'

export const SIMULATED_PEOPLE: Readonly<Record<string, readonly Role[]>> = {
  olga: ['operator'],
  omar: ['operator'],
  anna: ['approver'],
  abel: ['approver'],
  rosa: ['risk-officer'],
  remy: ['risk-officer'],
  paul: ['policy-author'],
  ada: ['admin'],
  axel: ['admin'],
}

/** PKCS#8 of an Ed25519 key before its 32 secret bytes (RFC 8410, 7). */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
/** Raw public key at the end of its SubjectPublicKeyInfo. */
const PUBLIC_BYTES = 32

function privateKeyOf(name: string) {
  const secret = sha256(Buffer.from(`a simulated person, not a secret: ${name}`, 'utf8'))
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, secret]), format: 'der', type: 'pkcs8' })
}

/** The private key as a file of a person has it. */
export function privatePemOf(name: string): string {
  return privateKeyOf(name).export({ format: 'pem', type: 'pkcs8' }).toString()
}

/** Raw public key, base64, as a roster has it. */
export function publicKeyOf(name: string): string {
  const der = createPublicKey(privateKeyOf(name)).export({ format: 'der', type: 'spki' })
  return der.subarray(der.length - PUBLIC_BYTES).toString('base64')
}

/** The roster as YAML. */
export function simulatedRoster(
  version = 1,
  people: Readonly<Record<string, readonly Role[]>> = SIMULATED_PEOPLE,
): string {
  const lines = Object.entries(people).flatMap(([name, roles]) => [
    `  - person: ${name}`,
    `    roles: [${roles.join(', ')}]`,
    `    keys: [{ key: "${publicKeyOf(name)}" }]`,
  ])
  return [`roster: ${SIMULATED_ROSTER}`, `version: ${version}`, 'people:', ...lines, ''].join('\n')
}

export type SimulatedDraft = Omit<CommandDraft, 'rosterId' | 'expiresAtMicros' | 'nonce'> &
  Partial<Pick<CommandDraft, 'rosterId' | 'expiresAtMicros' | 'nonce'>>

const AN_HOUR_MICROS = 3_600_000_000

export function signAs(draft: SimulatedDraft, keyOf = draft.author): SignedCommand {
  const { atMicros } = draft
  const full = { rosterId: SIMULATED_ROSTER, expiresAtMicros: atMicros + AN_HOUR_MICROS, nonce: '', ...draft }
  return signCommand(full, (bytes) => sign(null, bytes, privateKeyOf(keyOf)))
}
