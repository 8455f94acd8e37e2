/**
 * A native peer as a process of its own, asked line by line; `benchmarks/native/driver.hpp` draws the protocol and is the
 * other side. The clock is the peer's, so that pipes cost nothing. Depends on problem-file.ts.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WeirError } from '../../pipeline/errors.js'
import { buildNative, type NativePeer } from './native-build.js'
import type { Problem } from './problem.js'
import { writeProblem } from './problem-file.js'

/** For one answer, a whole pass included; past this the peer hangs. */
const ANSWER_BOUND_MS = 120_000

export interface PassRecord {
  readonly micros: readonly number[]
  readonly objective: readonly number[]
  readonly pivots: readonly number[]
}

export interface ColdAnswer {
  readonly ms: number
  readonly objective: number
  readonly status: string
}

export class NativeDriver {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  /** Problem files of this process. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  /** Name and version. */
  label = ''

  private constructor(executable: string) {
    this.#child = spawn(executable, { stdio: ['pipe', 'pipe', 'pipe'] })
    // Read, so that a peer that complains never waits for room; what it says is of no use.
    this.#child.stderr.resume()
    this.#child.stdin.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** The running peer, or what to install for it. */
  static async start(peer: NativePeer): Promise<NativeDriver | { readonly notMeasured: string }> {
    const built = await buildNative(peer)
    if ('notMeasured' in built) return built
    const driver = new NativeDriver(built.executable)
    try {
      driver.label = (await driver.#ask('version', 'version')).join(' ')
      return driver
    } catch (error) {
      driver.close()
      return { notMeasured: `${peer.packageName} does not run: ${(error as Error).message}` }
    }
  }

  /** Makes the problem the resident one, solved once. */
  async load(problem: Problem): Promise<void> {
    await this.#ask(`load ${this.write('warm', problem)}`, 'ready')
  }

  /** Writes a problem where `cold` can name it. */
  write(name: string, problem: Problem): string {
    const file = join(this.#folder, `${name}.bin`)
    writeProblem(file, problem)
    return file
  }

  /** Once over the stream of the resident problem, from its start. */
  async pass(): Promise<PassRecord> {
    const micros: number[] = []
    const objective: number[] = []
    const pivots: number[] = []
    this.#child.stdin.write('pass\n')
    for (;;) {
      const [word, ...numbers] = await this.#line()
      if (word === 'end') return { micros, objective, pivots }
      if (word !== 'step') this.#refuse([word ?? '', ...numbers])
      micros.push(Number(numbers[0]))
      objective.push(Number(numbers[1]))
      pivots.push(Number(numbers[2]))
    }
  }

  async cold(file: string, presolve: boolean, seconds: number): Promise<ColdAnswer> {
    const answer = await this.#ask(`cold ${file} ${presolve ? 1 : 0} ${seconds}`, 'cold')
    const [micros, objective, status = 'failed'] = answer
    return { ms: Number(micros) / 1000, objective: Number(objective), status }
  }

  async #ask(line: string, expected: string): Promise<string[]> {
    this.#child.stdin.write(`${line}\n`)
    const words = await this.#line()
    if (words[0] !== expected) this.#refuse(words)
    return words.slice(1)
  }

  async #line(): Promise<string[]> {
    const hang = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_BOUND_MS)
    try {
      const { value, done } = await this.#lines.next()
      return done === true ? ['error', 'the process ended'] : (value as string).split(' ')
    } finally {
      clearTimeout(hang)
    }
  }

  #refuse(words: readonly string[]): never {
    const message = words[0] === 'error' ? words.slice(1).join(' ') : `said: ${words.join(' ')}`
    throw new WeirError('WEIR_SOLVER', message, { place: this.label, remedy: 'measure without this peer' })
  }

  close(): void {
    this.#child.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
