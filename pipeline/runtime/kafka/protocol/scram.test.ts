/** SCRAM against the example of RFC 7677, and against servers that do not know the password. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ScramClient } from './scram.js'

const NONCE = 'rOprNGfwEbeRWgbNEkqO'
const SERVER_FIRST = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'
const PROOF = 'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

const client = (password = 'pencil'): ScramClient => new ScramClient('sha256', 'user', password, NONCE)

it('gives the messages of RFC 7677', () => {
  const scram = client()
  assert.equal(scram.first(), `n,,n=user,r=${NONCE}`)
  assert.equal(scram.final(SERVER_FIRST), `c=biws,r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,${PROOF}`)
  scram.verify(SERVER_FINAL)
})

it('does not believe a server that cannot prove that it knows the password', () => {
  const scram = client('another')
  assert.ok(!scram.final(SERVER_FIRST).endsWith(PROOF))
  assert.throws(() => scram.verify(SERVER_FINAL), /did not prove/)
  assert.throws(() => client().verify(SERVER_FINAL), /did not prove/)
})

it('refuses a nonce that is not its own, and a count of iterations without end', () => {
  assert.throws(() => client().final(SERVER_FIRST.replace('r=rO', 'r=xx')), /does not follow SCRAM/)
  assert.throws(() => client().final(SERVER_FIRST.replace('4096', '999999999')), /does not follow SCRAM/)
  assert.throws(() => client().final('e=unknown-user'), /does not follow SCRAM/)
})
