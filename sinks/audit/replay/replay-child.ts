/**
 * The process in which a bundle's module runs: takes one job, tells the outcome or the error, and ends. Depends on the replay.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { replayDecision } from './replay-decision.js'
import type { ReplayJob, ReplayOutcome } from './replay-job.js'

export type ChildAnswer = { readonly outcome: ReplayOutcome } | { readonly error: string }

process.once('message', (job) => {
  void answer(job as ReplayJob).then((told) => {
    process.send?.(told, () => process.disconnect())
  })
})

async function answer(job: ReplayJob): Promise<ChildAnswer> {
  try {
    return { outcome: await replayDecision(job) }
  } catch (error) {
    return { error: error instanceof WeirError ? error.toLine() : String(error) }
  }
}
