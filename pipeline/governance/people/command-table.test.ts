/** The table of commands: complete, and as the documentation shows it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CommandKindSymbols } from '../../../schemas/generated/schemas.js'
import { COMMANDS, commandRow, commandTable, takesSubject } from './command-table.js'

test('every kind of command has one row, and the documentation shows them', () => {
  assert.deepEqual(COMMANDS.map(({ kind }) => kind).sort(), [...CommandKindSymbols].sort())
  const page = readFileSync(new URL('../../../../docs/governance.md', import.meta.url), 'utf8')
  assert.ok(page.includes(commandTable()), `docs/governance.md should show:\n${commandTable()}`)
})

test('a subject has the form that the kind asks for, with an id of a bounded length', () => {
  const kill = commandRow('KILL')
  for (const subject of ['all', 'group:g', 'entity:E', 'account:A:B'])
    assert.ok(takesSubject(kill, subject), subject)
  for (const subject of ['', 'everything', 'all:', 'group:', 'group', 'change:x', `group:${'x'.repeat(257)}`])
    assert.ok(!takesSubject(kill, subject), subject)
})
