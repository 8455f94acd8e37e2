/**
 * `weir solve FILE.mps`: a linear program from a file, its optimum or the proof that it has none.
 * Depends on the optimizer's host and on solve-document.ts.
 */
import { accessSync, constants, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Command, Option } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { infeasibleSubsystem } from '../wasm-core/host/infeasible-subsystem.js'
import { LinearProgram, type SolveStatus } from '../wasm-core/host/linear-program.js'
import { readMpsFile } from '../wasm-core/host/mps/mps-file.js'
import type { MpsFormat, MpsModel } from '../wasm-core/host/mps/mps-model.js'
import { solveWithPresolve } from '../wasm-core/host/presolve/solve-with-presolve.js'
import { exactProof } from './exact-proof.js'
import { wholeNumber } from './flags.js'
import { letSignalsEndTheProcess } from './interruption.js'
import { note, printJson, printText } from './output.js'
import { describeSolve, type SolveDocument, type SolveOutcome, solveDocument } from './solve-document.js'

const DAY_MS = 86_400_000
const ITERATIONS_MAX = 2 ** 31 - 1

/**
 * Entries from which presolve is on unless told otherwise. Below, this process would spend more on getting presolve compiled than the
 * whole solve takes; docs/adr/0016-presolve-on-the-host.md has the figures.
 */
const PRESOLVE_ENTRIES = 16_000

/** Scripts ask for the status by the exit code, so each status has its own. */
const STATUS_EXIT: Readonly<Record<SolveStatus, number>> = {
  optimal: 0,
  infeasible: 3,
  unbounded: 4,
  deadline: 5,
  'iteration-limit': 5,
  'numerical-failure': 6,
}

interface SolveFlags {
  readonly json?: boolean
  readonly deadlineMs?: number
  readonly iterationLimit?: number
  /** Undefined: by the size of the model. */
  readonly presolve?: boolean
  readonly solution?: string
  readonly format?: MpsFormat
  readonly relaxIntegers?: boolean
  readonly explain?: boolean
  readonly exact?: boolean
}

export function register(program: Command): void {
  const command = program
    .command('solve')
    .description('solve a linear program from an MPS file')
    .argument('<file>', 'MPS file, see docs/mps.md')
    .option('--deadline-ms <n>', 'stop the solve after this time', wholeNumber('--deadline-ms', 0, DAY_MS))
    .option(
      '--iteration-limit <n>',
      'stop after so many iterations',
      wholeNumber('--iteration-limit', 0, ITERATIONS_MAX),
    )
    .option('--presolve', 'make the model smaller first, whatever its size; left out: from 16,000 entries on')
    .option('--no-presolve', 'solve the model as it is')
    .option(
      '--explain',
      'of an infeasible model, find an irreducible set of rows and bounds that exclude each other',
    )
    .option('--exact', 'prove the answer in exact arithmetic, without tolerances')
    .option('--solution <file>', 'write the document with x and y by name; - for standard output')
  addMpsFlags(command).option('--json', 'print one JSON document').addHelpText('after', HELP).action(solve)
}

/** The flags of every command that reads a model. */
export function addMpsFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'of the MPS file; found by looking if left out').choices([
        'fixed',
        'free',
      ]),
    )
    .option('--relax-integers', 'read integer columns as continuous ones; they are refused otherwise')
}

const HELP = `
Exit codes of this command: 0 optimal, 3 infeasible, 4 unbounded, 5 deadline or iteration limit,
6 numerical failure, 2 bad input.

Examples:
  $ weir solve afiro.mps
  $ weir solve afiro.mps --json --solution - | jq .x
  $ weir solve infeasible.mps --explain
  $ weir solve afiro.mps --exact
  $ weir solve large.mps --deadline-ms 2000 --solution large.json
Docs: docs/cli.md#solving-a-model`

async function solve(file: string, flags: SolveFlags): Promise<void> {
  letSignalsEndTheProcess()
  const { solution } = flags
  if (solution !== undefined && solution !== '-') checkWritable(solution)
  const readAt = performance.now()
  const mps = readModel(file, flags)
  const readSeconds = (performance.now() - readAt) / 1000
  const { module } = await compileOptimizer()
  const program = LinearProgram.instantiate(module)
  const startedAt = performance.now()
  const isReduced = flags.presolve ?? mps.model.value.length >= PRESOLVE_ENTRIES
  const solved = isReduced ? solveReduced(program, mps, file, flags) : solveAsIs(program, mps, file, flags)
  const seconds = (performance.now() - startedAt) / 1000
  const subsystem =
    flags.explain === true && solved.status === 'infeasible'
      ? infeasibleSubsystem(module, mps.model, solved.answer.ray, deadlineOf(flags))
      : undefined
  const { factorizations } = program.counters
  const exact = flags.exact === true ? exactProof(mps, solved) : undefined
  const outcome = { file, mps, ...solved, factorizations, seconds, readSeconds, subsystem, exact }
  const document = solveDocument(outcome, { withValues: flags.json === true && solution === '-' })
  if (flags.json === true) printJson(document)
  else printText(describeSolve(outcome, { withValues: solution === '-' }))
  if (solution !== undefined && solution !== '-') {
    writeDocument(solution, solveDocument(outcome, { withValues: true }))
  }
  process.exitCode = STATUS_EXIT[outcome.status]
}

type Solved = Pick<SolveOutcome, 'answer' | 'status' | 'iterations' | 'dualBound' | 'presolve'> & {
  /** Where the optimizer ended, on the model of the file; undefined where presolve alone settled it. */
  readonly basis: Uint8Array | undefined
}

function solveAsIs(program: LinearProgram, mps: MpsModel, file: string, flags: SolveFlags): Solved {
  load(program, mps, file)
  const status = program.resolve(limitsOf(flags))
  const { iterations, dualBound } = program
  return { answer: program, status, iterations, dualBound, basis: program.exportBasis() }
}

function solveReduced(program: LinearProgram, mps: MpsModel, file: string, flags: SolveFlags): Solved {
  const solve = blamingFile(file, () => solveWithPresolve(program, mps.model, limitsOf(flags)))
  const { answer, status, statistics, reducedIterations, originalIterations, originalReason = null } = solve
  return {
    answer,
    status,
    basis: solve.basis,
    iterations: reducedIterations + originalIterations,
    presolve: { ...statistics.after, originalSolved: originalReason },
  }
}

/** The model of a file; what was left out of it is said on standard error. */
export function readModel(file: string, flags: Pick<SolveFlags, 'format' | 'relaxIntegers'>): MpsModel {
  const { format, relaxIntegers = false } = flags
  const mps = readMpsFile(file, { relaxIntegers, ...(format === undefined ? {} : { format }) })
  const { integersRelaxed: integers, freeRowsDropped: rows } = mps
  if (integers > 0) note(`weir: ${file}: ${integers} integer columns are taken as continuous`)
  if (rows > 0) note(`weir: ${file}: ${rows} N rows besides the objective bind nothing and are left out`)
  return mps
}

/** Makes the model resident; one that is too large for the optimizer is a matter of the file. */
export function load(program: LinearProgram, mps: MpsModel, file: string): void {
  blamingFile(file, () => program.load(mps.model))
}

function blamingFile<T>(file: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (!(error instanceof WeirError) || error.code !== 'WEIR_SOLVER') throw error
    const { message, remedy } = error
    throw new WeirError('WEIR_INPUT', message, {
      place: file,
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    })
  }
}

function deadlineOf({ deadlineMs }: SolveFlags) {
  return deadlineMs === undefined ? {} : { deadlineMs }
}

function limitsOf(flags: SolveFlags) {
  const { iterationLimit } = flags
  return {
    ...deadlineOf(flags),
    ...(iterationLimit === undefined ? {} : { iterationLimit }),
  }
}

/** Before the solve, so that a long one is not lost to a mistyped folder. */
function checkWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

function writeDocument(path: string, document: SolveDocument): void {
  try {
    writeFileSync(path, `${JSON.stringify(document)}\n`)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

function cannotWrite(path: string, cause: unknown): WeirError {
  return new WeirError('WEIR_USAGE', `cannot be written: ${(cause as Error).message}`, {
    place: path,
    remedy: 'give --solution a file in a folder that can be written',
    cause,
  })
}
