/** Asks a person on the terminal before something is done. Depends on Node's readline. */
import { createInterface } from 'node:readline/promises'
import { WeirError } from '../../pipeline/errors.js'

/** @throws WeirError WEIR_USAGE when there is nobody to ask, or the answer is no */
export async function confirm(question: string, isYes: boolean): Promise<void> {
  if (isYes) return
  if (!process.stdin.isTTY)
    throw new WeirError('WEIR_USAGE', 'there is no terminal to ask on, and nothing was sent', {
      place: '--yes',
      remedy: 'give --yes to send it without a question',
    })
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (/^y(es)?$/i.test(answer.trim())) return
  } finally {
    terminal.close()
  }
  throw new WeirError('WEIR_USAGE', 'nothing was sent', { remedy: 'answer y to send it' })
}
