/**
 * Policies in force and changes under way, as a journal tells of them. Depends on the journal and the fold of governance.
 */
import { WeirError } from '../../pipeline/errors.js'
import { type CanaryPlan, canaryPlan } from '../../pipeline/governance/canary.js'
import { readDetail } from '../../pipeline/governance/people/command-detail.js'
import { parsePolicy } from '../../pipeline/governance/policy.js'
import { type ChangeRollout, Rollout } from '../../pipeline/governance/rollout.js'
import { sha256, toHex } from '../../pipeline/identity.js'
import type { JournalBody } from '../../pipeline/ports.js'
import type { Cycle, CycleResult, SourceDeclaration } from '../../schemas/generated/types.js'
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

type TakeInput = (payload: Uint8Array) => void

/** Follows the journal of a run, or all partitions of a journal topic. */
export class PolicyStatusView {
  readonly #plans = new Map<string, CanaryPlan>()
  readonly #rollout = new Rollout((digestHex) => this.#plans.get(digestHex))
  /** By partition and by number of the source, which each partition counts by itself. */
  readonly #readers = new Map<number, Map<number, TakeInput>>()
  readonly #pending = new Map<string, Cycle>()
  readonly #inForce = new Map<string, PolicyInForce>()

  /** Takes the next entry of a partition. */
  take(partition: number, body: JournalBody): void {
    let readers = this.#readers.get(partition)
    if (readers === undefined) {
      readers = new Map()
      this.#readers.set(partition, readers)
    }
    if ('weir.SourceDeclaration' in body) this.#declare(readers, body['weir.SourceDeclaration'])
    else if ('weir.Cycle' in body) this.#expect(readers, body['weir.Cycle'])
    else if ('weir.CycleResult' in body) this.#takeResult(readers, body['weir.CycleResult'])
  }

  #declare(readers: Map<number, TakeInput>, { source, stream, writerSchema }: SourceDeclaration): void {
    if (stream === 'policy') {
      const read = recordReader('policy', writerSchema)
      readers.set(source, (payload) => this.#takePolicy(read(payload)?.document))
    } else if (stream === 'command') {
      const read = recordReader('command', writerSchema)
      readers.set(source, (payload) => {
        const command = read(payload)
        if (command?.kind !== 'PROPOSE' || !command.subject.startsWith('change:')) return
        const manifest = readDetail('change', command.detail)
        if ('detail' in manifest)
          this.#rollout.propose(manifest.detail, toHex(command.digest), command.author)
      })
    } else readers.delete(source)
  }

  #expect(readers: ReadonlyMap<number, TakeInput>, cycle: Cycle): void {
    if (cycle.inputs.some(({ source }) => readers.has(source))) this.#pending.set(keyOf(cycle), cycle)
  }

  #takeResult(readers: ReadonlyMap<number, TakeInput>, result: CycleResult): void {
    const { groupId, dispositions, alerts, decisions } = result
    const cycle = this.#pending.get(keyOf(result))
    if (cycle !== undefined) {
      this.#pending.delete(keyOf(result))
      for (const [index, { source, payload }] of cycle.inputs.entries())
        if (TAKEN.has(dispositions[index])) readers.get(source)?.(payload)
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

  get status(): PolicyStatus {
    const inForce = [...this.#inForce.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
    return { inForce, changes: this.#rollout.changes() }
  }
}

/** A group's cycles may be in the journal well before their results. */
function keyOf({ groupId, cycle }: { readonly groupId: string; readonly cycle: number }): string {
  return `${groupId}/${cycle}`
}
