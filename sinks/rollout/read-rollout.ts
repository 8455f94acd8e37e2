/**
 * Policies in force and changes under way, as the journal of a run tells of them. Depends on the journal and the fold of governance.
 */
import { WeirError } from '../../pipeline/errors.js'
import { type CanaryPlan, canaryPlan } from '../../pipeline/governance/canary.js'
import { readDetail } from '../../pipeline/governance/people/command-detail.js'
import { parsePolicy } from '../../pipeline/governance/policy.js'
import { type ChangeRollout, Rollout } from '../../pipeline/governance/rollout.js'
import { sha256, toHex } from '../../pipeline/identity.js'
import type { Cycle, CycleResult, SourceDeclaration } from '../../schemas/generated/types.js'
import { JOURNAL_BEGIN, type ProjectedJournal } from '../journal/journal-port.js'
import { recordReader } from '../journal/record-reader.js'

export interface PolicyInForce {
  readonly groupId: string
  readonly policyId: string
  readonly version: number
  /** Hex. */
  readonly digest: string
  /** Of its last decision, microseconds. */
  readonly decidedAtMicros: number
}

export interface PolicyStatus {
  readonly inForce: readonly PolicyInForce[]
  readonly changes: readonly ChangeRollout[]
}

/** As the agent judged the input: it had effect, in time or late. */
const TAKEN: ReadonlySet<number | undefined> = new Set([0, 3])

/** @param until entries to read: the journal must be whole up to there */
export async function readPolicyStatus(journal: ProjectedJournal, until: number): Promise<PolicyStatus> {
  const reading = new Reading()
  for await (const batch of journal.read(JOURNAL_BEGIN, until)) {
    for (const entry of batch) {
      const body = entry.decode()
      if ('weir.SourceDeclaration' in body) reading.declare(body['weir.SourceDeclaration'])
      else if ('weir.Cycle' in body) reading.expect(body['weir.Cycle'])
      else if ('weir.CycleResult' in body) reading.take(body['weir.CycleResult'])
    }
  }
  return reading.status()
}

type TakeInput = (payload: Uint8Array) => void

class Reading {
  readonly #plans = new Map<string, CanaryPlan>()
  readonly #rollout = new Rollout((digestHex) => this.#plans.get(digestHex))
  readonly #readers = new Map<number, TakeInput>()
  readonly #pending = new Map<string, Cycle>()
  readonly #inForce = new Map<string, PolicyInForce>()

  declare({ source, stream, writerSchema }: SourceDeclaration): void {
    if (stream === 'policy') {
      const read = recordReader('policy', writerSchema)
      this.#readers.set(source, (payload) => this.#takePolicy(read(payload)?.document))
    } else if (stream === 'command') {
      const read = recordReader('command', writerSchema)
      this.#readers.set(source, (payload) => {
        const command = read(payload)
        if (command?.kind !== 'PROPOSE' || !command.subject.startsWith('change:')) return
        const manifest = readDetail('change', command.detail)
        if ('detail' in manifest) this.#rollout.propose(manifest.detail, command.author)
      })
    } else this.#readers.delete(source)
  }

  expect(cycle: Cycle): void {
    if (cycle.inputs.some(({ source }) => this.#readers.has(source))) this.#pending.set(keyOf(cycle), cycle)
  }

  take(result: CycleResult): void {
    const { groupId, dispositions, alerts, decisions } = result
    const cycle = this.#pending.get(keyOf(result))
    if (cycle !== undefined) {
      this.#pending.delete(keyOf(result))
      for (const [index, { source, payload }] of cycle.inputs.entries())
        if (TAKEN.has(dispositions[index])) this.#readers.get(source)?.(payload)
    }
    this.#rollout.take({ groupId, alerts, decisions })
    const decision = decisions.find(({ arm }) => arm === '')
    if (decision === undefined) return
    const { policyId, policyVersion: version, policyDigest, decidedAt: decidedAtMicros } = decision
    this.#inForce.set(groupId, {
      groupId,
      policyId,
      version,
      digest: toHex(policyDigest),
      decidedAtMicros,
    })
  }

  #takePolicy(document: string | undefined): void {
    if (document === undefined) return
    try {
      const plan = canaryPlan(parsePolicy(document, 'policy').canary)
      this.#plans.set(toHex(sha256(Buffer.from(document, 'utf8'))), plan)
    } catch (error) {
      // The group has taken it, so another version of Weir wrote the journal; the rest can still be told.
      if (!(error instanceof WeirError)) throw error
    }
  }

  status(): PolicyStatus {
    const inForce = [...this.#inForce.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
    return { inForce, changes: this.#rollout.changes() }
  }
}

/** A group's cycles may be in the journal well before their results. */
function keyOf({ groupId, cycle }: { readonly groupId: string; readonly cycle: number }): string {
  return `${groupId}/${cycle}`
}
