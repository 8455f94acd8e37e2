/** Runs a child that answers once. Depends on Node. */
import { fork } from 'node:child_process'
import { WeirError } from '../../pipeline/errors.js'

/** Longer than any child of a benchmark works. */
const BOUND_MS = 180_000

export function answerOf<T>(module: URL, order: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(module, [JSON.stringify(order)], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), BOUND_MS)
    let answer: T | undefined
    child.on('message', (message) => {
      answer = message as T
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      if (answer !== undefined) resolve(answer)
      else
        reject(
          new WeirError('WEIR_KAFKA', `a contender ended with ${signal ?? code} and gave no figure`, {
            place: module.pathname.split('/').at(-1) ?? '',
            remedy: 'see what it wrote above',
          }),
        )
    })
  })
}
