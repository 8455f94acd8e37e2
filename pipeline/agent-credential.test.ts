/** The agent under a roster with an identity authority: a person who signed in may command, and nobody else by her credential. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { GROUP } from '../tests/support/small-group.js'
import { at, reasons, started } from '../tests/support/small-group-session.js'
import { type Credential, formatCredential } from './governance/people/credential.js'
import { signCommand } from './governance/people/signing.js'

const ISSUER = 'https://login.example'
const authority = generateKeyPairSync('ed25519')
const anna = generateKeyPairSync('ed25519')
const thief = generateKeyPairSync('ed25519')

function base64Of(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64')
}

const ROSTER_TEXT = [
  'roster: signed-in',
  'version: 1',
  'people:',
  '  - person: anna',
  '    roles: [operator, admin]',
  `    signIns: [{ issuer: "${ISSUER}", subject: "a-1" }]`,
  '  - person: berta',
  '    roles: [operator, admin]',
  `    signIns: [{ issuer: "${ISSUER}", subject: "b-1" }]`,
  'authorities:',
  '  - authority: identity.example',
  `    key: "${base64Of(authority.publicKey)}"`,
  `    issuers: ["${ISSUER}"]`,
  '',
].join('\n')

/** Signed by the authority of the roster unless told otherwise. */
function credential(changed: Partial<Credential> = {}, by = authority.privateKey): string {
  const usual: Credential = {
    authority: 'identity.example',
    issuer: ISSUER,
    subject: 'a-1',
    keyBase64: base64Of(anna.publicKey),
    notBeforeMicros: at(0),
    expiresMicros: at(3_600),
  }
  return formatCredential({ ...usual, ...changed }, (bytes) => new Uint8Array(sign(null, bytes, by)))
}

async function governed() {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('roster', { rosterId: 'signed-in', version: 1, document: ROSTER_TEXT }, at(2))
  driver.close(at(3))
  let second = 4
  /** Why a hold and its release, ordered with this credential, have no effect; nothing when they have. */
  return (text: string, key = anna.privateKey, author = 'anna'): string[] => {
    const kind = second % 4 === 0 ? 'HOLD' : 'RELEASE'
    const draft = {
      groupId: GROUP,
      rosterId: 'signed-in',
      author,
      kind,
      subject: 'group',
      reason: 'test',
    } as const
    const times = { atMicros: at(second), expiresAtMicros: at(second + 600), nonce: String(second) }
    const signed = signCommand({ ...draft, ...times, credential: text }, (bytes) => sign(null, bytes, key))
    driver.input('command', { sourceId: 'desk', sourceSequence: -1, ...signed }, at(second))
    second += 2
    return reasons(driver.close(at(second - 1)))
  }
}

test('a person who signed in commands with the key of her credential, for as long as it lasts', async () => {
  const order = await governed()
  assert.deepEqual(order(credential()), [])
  assert.deepEqual(order(credential()), [])
  assert.deepEqual(order(credential({ expiresMicros: at(6) })), ['bad-signature'], 'it has expired')
  assert.deepEqual(order(credential({ notBeforeMicros: at(3_000) })), ['bad-signature'], 'it is yet to come')
})

test('a credential that is changed, of another person, issuer, authority or key, gives nothing', async () => {
  const order = await governed()
  const good = credential()
  const refused: readonly [string, KeyObject?, string?][] = [
    [good, thief.privateKey],
    [good, anna.privateKey, 'berta'],
    [credential({ subject: 'b-1' })],
    [credential({ issuer: 'https://login.example/other' })],
    [credential({ authority: 'another.example' })],
    [credential({}, thief.privateKey)],
    [credential({ keyBase64: base64Of(thief.publicKey) })],
    [good.replace('"a-1"', '"a-2"')],
    [`${good}\n`],
    [good.slice(0, -1)],
    [''],
  ]
  for (const [text, key, author] of refused)
    assert.deepEqual(order(text, key, author), ['bad-signature'], `${text} ${author}`)
  assert.deepEqual(
    order(credential({ subject: 'b-1' }), anna.privateKey, 'berta'),
    [],
    'only her own counts for berta',
  )
})
