import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from '../../cli/program.js'
import { weir } from './weir-process.js'

/** Words of every command, groups of commands included. */
function commandsOf(command: Command, words: readonly string[] = []): (readonly string[])[] {
  return [words, ...command.commands.flatMap((child) => commandsOf(child, [...words, child.name()]))]
}

const program = await createProgram()
const all = commandsOf(program)

function commandAt(words: readonly string[]): Command {
  return words.reduce<Command>(
    (command, word) => command.commands.find((one) => one.name() === word)!,
    program,
  )
}

function usageOf(words: readonly string[]): RegExp {
  return new RegExp(`^Usage: ${['weir', ...words].join(' ')}\\b`)
}

test('every command explains itself with --help', async () => {
  assert.ok(all.length > 8, `only ${all.length} commands`)
  // Commands below a first word are loaded with it, so a process for each word shows that all of them are there.
  for (const words of all.filter(({ length }) => length <= 1)) {
    const { code, stdout, stderr } = await weir([...words, '--help'])
    const name = ['weir', ...words].join(' ')
    assert.equal(code, 0, name)
    assert.equal(stderr, '', name)
    assert.match(stdout, usageOf(words), name)
  }
  for (const words of all) assert.match(commandAt(words).helpInformation(), usageOf(words), words.join(' '))
})

test('every command that does something has --json', () => {
  const without = all
    .map(commandAt)
    .filter((command) => command.commands.length === 0)
    .filter((command) => !command.options.some(({ long }) => long === '--json'))
  assert.deepEqual(
    without.map((command) => command.name()),
    [],
  )
})

test('the version is that of the package, and exit codes are explained', async () => {
  const { stdout: version } = await weir(['--version'])
  assert.match(version, /^\d+\.\d+\.\d+\n$/)
  const { stdout: help } = await weir(['--help'])
  for (const code of [0, 1, 2, 3, 130]) assert.match(help, new RegExp(`^ +${code} `, 'm'))
})
