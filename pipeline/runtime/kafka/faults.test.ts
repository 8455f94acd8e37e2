import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokerFault, type ClientError, faultKindOf } from './faults.js'

test('every error has one kind, whatever its flags say', () => {
  const flags = { isFatal: false, isRetriable: false, isTxnRequiresAbort: false }
  const cases: readonly [ClientError, string][] = [
    [{ message: 'x', code: -144, ...flags, isFatal: true }, 'fenced'],
    [{ message: 'x', code: 90, ...flags, isTxnRequiresAbort: true }, 'fenced'],
    [{ message: 'x', code: 47, ...flags, isFatal: true }, 'fenced'],
    [{ message: 'x', code: 47, ...flags }, 'fenced'],
    // The broker lost the producer's state: the transaction cannot commit, the id is still ours.
    [{ message: 'x', code: 47, ...flags, isTxnRequiresAbort: true }, 'abortable'],
    [{ message: 'x', code: 45, ...flags, isTxnRequiresAbort: true }, 'abortable'],
    // Abortable by its flag, but the next transaction would be refused too.
    [{ message: 'x', code: 29, ...flags, isTxnRequiresAbort: true }, 'refused'],
    [{ message: 'x', code: 53, ...flags, isFatal: true }, 'refused'],
    [{ message: 'x', code: -169 }, 'refused'],
    [{ message: 'x', code: 58 }, 'refused'],
    [{ message: 'x', code: -181 }, 'refused'],
    [{ message: 'x', code: 3 }, 'refused'],
    [{ message: 'x', code: 10, ...flags, isTxnRequiresAbort: true }, 'refused'],
    [{ message: 'x', code: -140 }, 'refused'],
    [{ message: 'x', code: 1 }, 'refused'],
    [{ message: 'x', code: -150, ...flags, isFatal: true }, 'fatal'],
    [{ message: 'x', code: 48, ...flags, isFatal: true }, 'fatal'],
    [{ message: 'x', code: -185, ...flags, isRetriable: true }, 'retriable'],
    [{ message: 'x', code: 9999, ...flags, isRetriable: true }, 'retriable'],
    [{ message: 'x', code: -195 }, 'retriable'],
    [{ message: 'x', code: -187 }, 'retriable'],
    [{ message: 'x', code: 27 }, 'retriable'],
    // Nobody knows what it means: a new client starts from the journal.
    [{ message: 'x', code: 9999 }, 'fatal'],
    [{ message: 'x', code: 'ENOENT' }, 'fatal'],
    [{ message: 'x' }, 'fatal'],
  ]
  for (const [error, kind] of cases) assert.equal(faultKindOf(error), kind, JSON.stringify(error))
  assert.equal(faultKindOf('thrown text'), 'fatal')
  assert.equal(faultKindOf(undefined), 'fatal')
})

test('a fault says what was asked, of what, and what to do', () => {
  const refused = brokerFault({ message: 'Topic authorization failed', code: 29 }, 'no commit', 'id x')
  assert.equal(refused.error.code, 'WEIR_KAFKA')
  assert.equal(refused.error.retry, 'never')
  assert.match(
    refused.error.toLine(),
    /^id x: no commit: Topic authorization failed \(Kafka error 29\) \(grant the access/,
  )
  const fenced = brokerFault({ message: 'fenced', code: -144 }, 'no commit', 'id x')
  assert.equal(fenced.error.code, 'WEIR_FENCED')
  assert.equal(brokerFault({ message: 'timed out', code: -185 }, 'no commit', 'id x').error.retry, 'backoff')
})
