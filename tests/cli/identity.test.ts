/** `weir identity` as people and operators use it: keys, the authority, a sign-in, the credential. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openCredential } from '../../pipeline/governance/people/credential.js'
import { CLIENT_ID, signInAs, startProvider, type TestProvider } from '../support/openid-provider.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

let provider: TestProvider

before(async () => {
  provider = await startProvider()
})
after(() => provider.close())

interface Authority {
  readonly url: string
  readonly keyBase64: string
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
}

/** Starts `weir identity serve` and waits until it listens. */
async function serve(folder: string): Promise<Authority> {
  await weir(['identity', 'key', '--out', join(folder, 'authority.key')])
  const config = join(folder, 'weir.yaml')
  const authority = '  authority:\n    name: identity.weir.example\n    keyFile: authority.key\n    port: 0\n'
  writeFileSync(config, `identity:\n  issuer: ${provider.issuer}\n  clientId: ${CLIENT_ID}\n${authority}`)
  const args = ['identity', 'serve', '--config', config, '--log-level', 'info', '--json']
  let ended: Promise<Outcome> | undefined
  const begun = new Promise<Authority>((resolve, reject) => {
    ended = weir(args, {
      onStart: (child) =>
        child.stdout?.on('data', (text: string) => resolve({ ...JSON.parse(text), child, ended })),
    })
    ended.then(({ stderr }) => reject(new Error(stderr)), reject)
  })
  return begun
}

test('a key is made for its owner alone, and over nothing', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'anna.key')
    const made = await weir(['identity', 'key', '--out', file, '--json'])
    const { keyBase64, nonce } = JSON.parse(made.stdout)
    assert.match(keyBase64, /^[A-Za-z0-9+/]{43}=$/)
    assert.match(nonce, /^[A-Za-z0-9_-]{43}$/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const before = readFileSync(file, 'utf8')
    assert.match(before, /^-----BEGIN PRIVATE KEY-----/)
    const again = await weir(['identity', 'key', '--out', file])
    assert.equal(again.code, 2)
    assert.match(again.stderr, /the file is there/)
    assert.equal(readFileSync(file, 'utf8'), before)
  }))

test('a person signs in through the command line, and the credential tells whose the key is', () =>
  withFolder(async (folder) => {
    const authority = await serve(folder)
    try {
      const [key, out] = [join(folder, 'anna.key'), join(folder, 'anna.credential')]
      const made = await weir(['identity', 'key', '--out', key, '--json'])
      const { keyBase64, nonce } = JSON.parse(made.stdout)
      const common = ['--key', key, '--authority', authority.url, '--authority-key', authority.keyBase64]
      const login = ['identity', 'login', ...common, '--out', out, '--json']
      const done = await weir([...login, '--issuer', provider.issuer, '--client-id', CLIENT_ID], {
        onStderr: (text) => {
          const address = /^http:\S+/m.exec(text)?.[0]
          if (address !== undefined) void signInAs('anna', address)
        },
      })
      assert.equal(done.code, 0, done.stderr)
      assert.equal(JSON.parse(done.stdout).subject, 'anna')
      const text = readFileSync(out, 'utf8').trimEnd()
      const credential = openCredential(text, Buffer.from(authority.keyBase64, 'base64'))
      assert.equal(credential.keyBase64, keyBase64)
      assert.equal(credential.issuer, provider.issuer)

      const shown = await weir(['identity', 'show', out, '--authority-key', authority.keyBase64, '--json'])
      assert.equal(shown.code, 0, shown.stderr)
      const { subject, inForce, signature } = JSON.parse(shown.stdout)
      assert.deepEqual([subject, inForce, signature], ['anna', true, 'verified'])
      const foreign = await weir(['identity', 'show', out, '--authority-key', keyBase64])
      assert.equal(foreign.code, 2)
      assert.match(foreign.stderr, /not signed by the key of the authority/)

      const token = join(folder, 'token')
      writeFileSync(token, await provider.token({ nonce, sub: 'berta' }))
      const headless = await weir([...login, '--id-token-file', token])
      assert.equal(JSON.parse(headless.stdout).subject, 'berta')
      writeFileSync(token, await provider.token({ nonce: 'of another key' }))
      const refused = await weir([...login, '--id-token-file', token])
      assert.equal(refused.code, 2)
      assert.match(refused.stderr, /nonce is another/)
    } finally {
      authority.child.kill('SIGTERM')
    }
    const { code, stderr, left } = await authority.ended
    assert.equal(code, 130)
    assert.deepEqual(left, [])
    assert.match(stderr, /"subject":"anna".*a credential was issued/)
    assert.doesNotMatch(stderr, /eyJ/, 'the log holds a token')
  }))

test('what is wrong in a configuration or a flag is told with its place', () =>
  withFolder(async (folder) => {
    const config = join(folder, 'weir.yaml')
    const told = async (text: string, message: RegExp): Promise<void> => {
      writeFileSync(config, text)
      const { code, stderr } = await weir(['identity', 'serve', '--config', config])
      assert.equal(code, 2, stderr)
      assert.match(stderr, message)
    }
    await told('workers: 1\n', /identity\.issuer, identity\.clientId and identity\.authority are needed/)
    await told(
      'identity:\n  issuer: http://login.example\n',
      /weir\.yaml:2:\d+: identity\.issuer is no https address/,
    )
    await told('identity:\n  isuer: x\n', /isuer/)
    const authority = '  authority: {name: a, keyFile: none.key}\n'
    await told(
      `identity:\n  issuer: https://l.example\n  clientId: w\n${authority}`,
      /none\.key.*cannot be read/,
    )
    const login = await weir(['identity', 'login', '--out', 'x', '--authority', 'http://127.0.0.1:9'])
    assert.match(login.stderr, /--key: this flag is needed/)
  }))
