import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { WeirError } from '../../../pipeline/errors.js'
import type { AuditLog } from '../log/audit-log.js'
import { openCheckpoint, parseSignedCheckpoint, signCheckpoint } from '../log/checkpoint.js'
import { leafHash } from '../log/hashing.js'
import { KIND_COSIGNATURE, LocalKey } from '../log/keys.js'
import { formatNote, parseSignatures } from '../log/note.js'
import { verifyConsistency } from '../log/proofs.js'
import { KEY, ORIGIN, openTestLog, randomFrom, recordsFrom } from '../testing/logs.js'
import { MemoryFiles, Stopped } from '../testing/memory-files.js'
import { cosignLatest } from './client.js'
import { formatRequest, MAX_REQUEST_BYTES, parseRequest } from './request.js'
import { WitnessServer } from './server.js'
import { Witness, type WitnessAnswer, type WitnessSetup } from './witness.js'

const WITNESS = LocalKey.fromSeed('witness.example/w1', new Uint8Array(32).fill(3))
const NOW = 1_700_000_000
const SETUP: WitnessSetup = {
  signers: [WITNESS.signer(KIND_COSIGNATURE)],
  logs: new Map([[ORIGIN, [KEY.verifier()]]]),
  nowSeconds: () => NOW,
}
const KEYS = [WITNESS.verifier(KIND_COSIGNATURE)]

/** A log of numbered records; those from `forksAt` on are others. */
async function logOf(size: number, forksAt = size): Promise<AuditLog> {
  const log = await openTestLog(new MemoryFiles())
  await log.append([...recordsFrom(0, forksAt), ...recordsFrom(10_000, size - forksAt)])
  return log
}

async function ask(witness: Witness, log: AuditLog, oldSize: number): Promise<WitnessAnswer> {
  const proof = await log.consistencyProof(oldSize)
  return witness.addCheckpoint(formatRequest({ oldSize, proof, checkpoint: log.checkpoint() }))
}

const statusOf = async (answer: Promise<WitnessAnswer>): Promise<number> => (await answer).status

test('a log is cosigned as it grows, and what does not extend it is refused as the specification says', async () => {
  const witness = await Witness.open(new MemoryFiles(), SETUP)
  const log = await logOf(5)
  assert.equal(await statusOf(ask(witness, log, 0)), 200)
  const first = log.checkpoint()
  await log.append(recordsFrom(5, 7))
  const stale = await ask(witness, log, 0)
  assert.deepEqual([stale.status, stale.contentType, stale.body], [409, 'text/x.tlog.size', '5\n'])
  const { status, body } = await ask(witness, log, 5)
  assert.equal(status, 200)
  await log.addCosignatures(parseSignedCheckpoint(log.checkpoint()).note.text, parseSignatures(body), KEYS)
  const trust = { origin: ORIGIN, logKeys: [KEY.verifier()], witnessKeys: KEYS, witnessQuorum: 1 }
  assert.equal(openCheckpoint(log.checkpoint(), trust).checkpoint.size, 12)
  // The same again is cosigned again.
  assert.equal(await statusOf(ask(witness, log, 12)), 200)
  const checkpoint = log.checkpoint()
  const answers: [Parameters<typeof formatRequest>[0], number][] = [
    [{ oldSize: 13, proof: [], checkpoint }, 400],
    [{ oldSize: 12, proof: [leafHash(checkpoint)], checkpoint }, 422],
    [{ oldSize: 5, proof: [], checkpoint: first }, 409],
    [{ oldSize: 12, proof: [], checkpoint: (await logOf(12, 8)).checkpoint() }, 409],
    [{ oldSize: 12, proof: [], checkpoint: (await logOf(13, 8)).checkpoint() }, 422],
  ]
  for (const [request, expected] of answers)
    assert.equal(await statusOf(witness.addCheckpoint(formatRequest(request))), expected)
})

test('strangers, wrong signatures and malformed requests are refused', async () => {
  const witness = await Witness.open(new MemoryFiles(), SETUP)
  const stranger = LocalKey.fromSeed(ORIGIN, new Uint8Array(32).fill(5))
  const sign = async (origin: string, key: LocalKey) =>
    formatNote(
      await signCheckpoint(
        { origin, size: 1, root: leafHash(Buffer.from('a')), extensions: [] },
        [key.signer()],
        [key.verifier()],
      ),
    )
  const send = async (checkpoint: Uint8Array) =>
    statusOf(witness.addCheckpoint(formatRequest({ oldSize: 0, proof: [], checkpoint })))
  assert.equal(await send(await sign('other.example', KEY)), 404)
  assert.equal(await send(await sign(ORIGIN, stranger)), 403)
  const wrong = Buffer.from(await sign(ORIGIN, KEY))
    .toString()
    .replace(/\n1\n/, '\n2\n')
  assert.equal(await send(Buffer.from(wrong)), 403)
  const emptyLog = { origin: ORIGIN, size: 0, root: leafHash(Buffer.from('a')), extensions: [] }
  assert.equal(await send(formatNote(await signCheckpoint(emptyLog, [KEY.signer()], [KEY.verifier()]))), 422)
  const good = Buffer.from(
    formatRequest({ oldSize: 0, proof: [], checkpoint: await sign(ORIGIN, KEY) }),
  ).toString()
  const bad = [
    '',
    'old',
    good.slice(4),
    good.replace('old 0', 'old 00'),
    good.replace('old 0', 'old -1'),
    good.replace('\n\n', '\nAAAA\n\n'),
    good.replace('\n\n', `${`\n${'A'.repeat(43)}=`.repeat(64)}\n\n`),
    good.slice(0, -1),
    'old 0\n\n',
  ]
  for (const body of bad)
    assert.equal(await statusOf(witness.addCheckpoint(Buffer.from(body))), 400, body.slice(0, 50))
  assert.equal(await statusOf(witness.addCheckpoint(Buffer.from(good))), 200)
})

test('any bytes get an answer, and requests keep what is written', async () => {
  const witness = await Witness.open(new MemoryFiles(), SETUP)
  const log = await logOf(3)
  const good = Buffer.from(formatRequest({ oldSize: 0, proof: [], checkpoint: log.checkpoint() }))
  assert.deepEqual(Buffer.from(formatRequest(parseRequest(good))), good)
  const mutated = fc
    .tuple(fc.nat(), fc.nat({ max: 30 }), fc.uint8Array({ maxLength: 9 }))
    .map(([at, cut, insert]) => {
      const position = at % good.length
      return Buffer.concat([good.subarray(0, position), insert, good.subarray(position + cut)])
    })
  const property = fc.asyncProperty(fc.oneof(fc.uint8Array(), mutated), async (bytes) => {
    const { status } = await witness.addCheckpoint(bytes)
    // Only the request itself, unchanged, may be cosigned.
    assert.equal(status === 200 && Buffer.compare(bytes, good) !== 0, false)
  })
  await fc.assert(property, { numRuns: 500 })
})

test('of two forks asked for at the same time one is cosigned, and the other never', async () => {
  const forks = [await logOf(20, 10), await logOf(20, 15), await logOf(25, 12)]
  const property = fc.asyncProperty(
    fc.array(fc.nat({ max: 2 }), { minLength: 2, maxLength: 12 }),
    async (order) => {
      const witness = await Witness.open(new MemoryFiles(), SETUP)
      assert.equal(await statusOf(ask(witness, await logOf(8), 0)), 200)
      const statuses = await Promise.all(order.map((i) => statusOf(ask(witness, forks[i]!, 8))))
      assert.equal(statuses.filter((status) => status === 200).length, 1)
      const winner = order[statuses.indexOf(200)]!
      for (const [i, fork] of forks.entries())
        assert.equal((await statusOf(ask(witness, fork, fork.size))) === 200, i === winner)
    },
  )
  await fc.assert(property, { numRuns: 30 })
})

test('stopped or without power at any operation, the witness never cosigns two trees that are not one', async () => {
  const log = await logOf(8)
  const [one, other] = [await logOf(20, 10), await logOf(30, 12)]
  let stops = 0
  for (; ; stops++) {
    const files = new MemoryFiles()
    const cosigned: { size: number; root: Uint8Array }[] = []
    const submit = async (witness: Witness, fork: AuditLog): Promise<void> => {
      for (const oldSize of [0, 8, fork.size]) {
        if ((await ask(witness, fork, oldSize)).status !== 200) continue
        cosigned.push(parseSignedCheckpoint(fork.checkpoint()).checkpoint)
      }
    }
    files.stopAt = stops
    const first = await Witness.open(files, SETUP)
    const error = await submit(first, log)
      .then(() => submit(first, one))
      .catch((reason) => reason)
    if (error !== undefined) assert.ok(error instanceof Stopped, String(error))
    for (const after of [
      files.afterStop(),
      files.afterPowerLoss(randomFrom(stops)),
      files.afterPowerLoss(randomFrom(stops + 99)),
    ]) {
      const before = cosigned.length
      const second = await Witness.open(after, SETUP)
      // The fork comes first to the new process, then the one that was perhaps cosigned; then the power is lost once more.
      await submit(second, other)
      await submit(second, one)
      const third = await Witness.open(
        after.afterPowerLoss(() => 0.9),
        SETUP,
      )
      for (const fork of [one, other]) await submit(third, fork)
      const sizes = new Set(cosigned.map(({ size }) => size))
      assert.ok(!(sizes.has(20) && sizes.has(30)), `both forks after a stop at ${stops}`)
      cosigned.length = before
    }
    if (error === undefined) break
  }
  assert.ok(stops >= 12, `only ${stops} operations`)
})

test('when its state cannot be written, nothing is cosigned until it can', async () => {
  const files = new MemoryFiles()
  const witness = await Witness.open(files, SETUP)
  const log = await logOf(4)
  files.failWith = (operation) => (operation === 'syncFolder' ? 'EIO' : undefined)
  await assert.rejects(
    ask(witness, log, 0),
    (error) => error instanceof WeirError && error.code === 'WEIR_AUDIT',
  )
  // The state may be on the disk or not: the same size is asked for again, and must be written again.
  await assert.rejects(ask(witness, log, 4), /EIO/)
  files.failWith = () => undefined
  const before = files.operations
  assert.equal(await statusOf(ask(witness, log, 4)), 200)
  assert.ok(files.operations > before)
})

test('over HTTP: a log has its checkpoints cosigned by two witnesses, a fork by none', async () => {
  const keys = [1, 2].map((i) => LocalKey.fromSeed(`witness.example/h${i}`, new Uint8Array(32).fill(20 + i)))
  const files = keys.map(() => new MemoryFiles())
  const open = async (i: number) =>
    WitnessServer.listen(
      await Witness.open(files[i]!.afterStop(), { ...SETUP, signers: [keys[i]!.signer(KIND_COSIGNATURE)] }),
      { port: 0 },
    )
  const servers = [await open(0), await open(1)]
  try {
    const witnesses = servers.map((server, i) => ({
      url: `http://127.0.0.1:${server.port}`,
      keys: [keys[i]!.verifier(KIND_COSIGNATURE)],
    }))
    const log = await logOf(6)
    assert.deepEqual((await cosignLatest(log, witnesses)).failures, [])
    const old = parseSignedCheckpoint(log.checkpoint()).checkpoint
    await log.append(recordsFrom(6, 300))
    assert.equal((await cosignLatest(log, witnesses)).cosigned.length, 2)
    const trust = {
      origin: ORIGIN,
      logKeys: [KEY.verifier()],
      witnessKeys: witnesses.flatMap((witness) => witness.keys),
      witnessQuorum: 2,
    }
    const { checkpoint } = openCheckpoint(log.checkpoint(), trust)
    const proof = await log.consistencyProof(6)
    assert.ok(verifyConsistency({ oldSize: 6, oldRoot: old.root, size: 306, root: checkpoint.root, proof }))
    // A fork that is larger, one that is smaller, and a witness that is not there.
    const fork = await cosignLatest(await logOf(400, 100), witnesses)
    assert.equal(fork.cosigned.length, 0)
    for (const failure of fork.failures) assert.match(failure.toLine(), /422.*does not verify.*fork/)
    const smaller = await cosignLatest(await logOf(100), witnesses)
    for (const failure of smaller.failures)
      assert.match(failure.toLine(), /seen 306 records of this log, which has 100/)
    const nobody = await cosignLatest(log, [{ url: 'http://127.0.0.1:9', keys: KEYS }])
    assert.match(nobody.failures[0]!.toLine(), /cannot be reached/)
    const impostor = await cosignLatest(log, [{ url: witnesses[0]!.url, keys: KEYS }])
    assert.match(impostor.failures[0]!.toLine(), /no cosignature of a key that is known/)
  } finally {
    for (const server of servers) await server.stop()
  }
})

test('over HTTP: other paths, methods and large bodies', async () => {
  const server = await WitnessServer.listen(await Witness.open(new MemoryFiles(), SETUP), { port: 0 })
  const send = (method: string, path: string, body: Uint8Array): Promise<number> =>
    new Promise((resolve) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: server.port, method, path, agent: false },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      // A server that has refused a body may close while it is still sent.
      request.on('error', () => resolve(-1))
      request.end(body)
    })
  try {
    const nothing = new Uint8Array(0)
    assert.equal(await send('GET', '/add-checkpoint', nothing), 405)
    assert.equal(await send('POST', '/', nothing), 404)
    assert.equal(await send('POST', '/add-checkpoint', nothing), 400)
    assert.ok(
      [413, -1].includes(await send('POST', '/add-checkpoint', new Uint8Array(4 * MAX_REQUEST_BYTES))),
    )
    await assert.rejects(
      WitnessServer.listen(await Witness.open(new MemoryFiles(), SETUP), { port: server.port }),
      (error) => error instanceof WeirError && error.code === 'WEIR_CONFIG',
    )
  } finally {
    await server.stop()
  }
})
