/**
 * What the points of a verification share of one bundle, each found once: the checkpoint, the leaves and their order, cycles, the replay.
 *
 * Whatever does not fit is a `Refutation` of the point that asks. Depends on the log's proofs, the leaves, and a way to replay.
 */
import { type Policy, parsePolicy } from '../../../pipeline/governance/policy.js'
import { sha256 } from '../../../pipeline/identity.js'
import { canonicalJson, type Json } from '../../../schemas/canonical-json.js'
import { SCHEMA_JSON } from '../../../schemas/generated/schemas.js'
import type { Cycle, SourceDeclaration } from '../../../schemas/generated/types.js'
import { recordReader } from '../../journal/record-reader.js'
import { cycleDigest } from '../leaves/history.js'
import { LEAF_VERSION } from '../leaves/leaf.js'
import { sha256Hex } from '../leaves/leaf-fields.js'
import { type CheckpointTrust, openCheckpoint, type SignedCheckpoint } from '../log/checkpoint.js'
import type { ReplayOutcome, RunReplay } from '../replay/replay-job.js'
import { type ArrangedLeaves, arrangeLeaves } from './arranged-leaves.js'
import type { Bundle } from './bundle.js'
import { type Governance, governanceOf } from './people/governance.js'
import { demand, Refutation } from './points/point.js'
import { previousDecision } from './previous-decision.js'
import { replayJobOf } from './replay-job-of.js'

export interface VerifiedLeaf {
  readonly index: number
  readonly record: Uint8Array
  readonly kind: string
  readonly group: string
  readonly sequence: number
  readonly journal: { readonly partition: number; readonly entry: number; readonly ordinal: number }
  /** All members; what they hold is as the log has it. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** The fields of a decision's leaf that points look at. */
export interface DecisionLeaf {
  readonly id: string
  readonly cycle: number
  readonly previousCycle: number
  readonly decidedAt: number
  readonly outcome: string
  readonly reason: string
  /** `override` for a plan that a person has made. */
  readonly trigger: string
  readonly instructions: number
  readonly policy: { readonly id: string; readonly version: number; readonly digest: string }
  /** What people approve; empty when there is no plan. */
  readonly plan: string
  /** Leaves before it that say what governs the group. */
  readonly governing: number
  readonly solver: Readonly<Record<'status' | 'model' | 'wasm' | 'basis' | 'answer', string>> &
    Readonly<Record<'rows' | 'columns', number>>
  readonly digests: Readonly<Record<'cycle' | 'history' | 'explanation' | 'chain', string>>
}

export interface BundledCycle {
  readonly record: Cycle
  readonly digest: Uint8Array
}

export interface BundledSource {
  readonly record: SourceDeclaration
  readonly digest: Uint8Array
}

/** What a verifier knows from elsewhere. */
export interface Trust extends CheckpointTrust {
  /** A checkpoint of the log that he kept, signed. */
  readonly since?: Uint8Array
  /** SHA-256 of the module that he has examined, hex. */
  readonly wasmDigest?: string
  /** Digest of the state in which the decision before ended, as its verification told, hex. */
  readonly stateDigest?: string
}

export class Evidence {
  readonly #once = new Map<string, unknown>()

  constructor(
    readonly bundle: Bundle,
    readonly trust: Trust,
    private readonly runReplay: RunReplay,
  ) {}

  get checkpoint(): SignedCheckpoint {
    return this.#found('checkpoint', () => openCheckpoint(this.bundle.checkpoint, this.trust))
  }

  /** Canonical, so that no two readers can take a leaf for two things. */
  get leaves(): readonly VerifiedLeaf[] {
    return this.#found('leaves', () =>
      this.bundle.leaves.map(({ index, record }) => verifiedLeaf(index, record)),
    )
  }

  get decisionLeaf(): VerifiedLeaf {
    return this.#found('decision', () => {
      const found = this.leaves.filter(
        ({ kind, fields }) => kind === 'decision' && fields.id === this.bundle.decision,
      )
      demand(found.length === 1, 'there is not exactly one leaf of the decision')
      return found[0] as VerifiedLeaf
    })
  }

  get decision(): DecisionLeaf {
    return this.decisionLeaf.fields as unknown as DecisionLeaf
  }

  get group(): string {
    return this.decisionLeaf.group
  }

  get arranged(): ArrangedLeaves {
    return this.#found('arranged', () => arrangeLeaves(this))
  }

  /** The decision that the snapshot was taken after; undefined from the group's beginning. */
  get previous(): DecisionLeaf | undefined {
    return this.#found('previous', () => {
      if (this.bundle.snapshot === null) return undefined
      const before = previousDecision(this.leaves, this.decisionLeaf)
      demand(before !== undefined, 'there is a state and no leaf of the decision before')
      return before.fields as unknown as DecisionLeaf
    })
  }

  /** The document, when it is the one that the decision names. */
  get policy(): Policy {
    return this.#found('policy', () => {
      const { digest } = this.decision.policy
      const { policy } = this.bundle
      demand(sha256Hex(Buffer.from(policy, 'utf8')) === digest, 'the document is not that of the digest')
      return parsePolicy(policy, 'policy of the bundle')
    })
  }

  /** Who governed the group, told by leaves and records alone. */
  get governance(): Governance {
    return this.#found('governance', () => governanceOf(this))
  }

  get cycles(): readonly BundledCycle[] {
    const read = recordReader('cycle', SCHEMA_JSON.cycle)
    return this.#found('cycles', () =>
      this.bundle.cycles.map((bytes, at) => {
        const { record } = decoded(read, bytes, 'cycle', at)
        return { record, digest: cycleDigest(record, bytes) }
      }),
    )
  }

  get sources(): readonly BundledSource[] {
    const read = recordReader('source-declaration', SCHEMA_JSON['source-declaration'])
    return this.#found('sources', () =>
      this.bundle.sources.map((bytes, at) => decoded(read, bytes, 'source', at)),
    )
  }

  /** Run once, when the parts that go into it are those that the log names. */
  replayed(): Promise<ReplayOutcome> {
    return this.#found('replayed', () => this.runReplay(replayJobOf(this)))
  }

  /** A failure is found once too: points that rest on the same thing fail alike. */
  #found<T>(name: string, find: () => T): T {
    if (!this.#once.has(name)) {
      try {
        this.#once.set(name, { value: find() })
      } catch (error) {
        this.#once.set(name, { error })
      }
    }
    const found = this.#once.get(name) as { value: T } | { error: unknown }
    if ('error' in found) throw found.error
    return found.value
  }
}

function decoded<T>(
  read: (bytes: Uint8Array) => T | undefined,
  bytes: Uint8Array,
  what: string,
  at: number,
): { record: T; digest: Uint8Array } {
  const record = read(bytes)
  demand(record !== undefined, `${what} ${at} cannot be decoded`)
  return { record, digest: sha256(bytes) }
}

function verifiedLeaf(index: number, record: Uint8Array): VerifiedLeaf {
  const text = Buffer.from(record).toString('utf8')
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    throw new Refutation(`leaf ${index} is no JSON`)
  }
  demand(
    typeof fields === 'object' && fields !== null && !Array.isArray(fields),
    `leaf ${index} is no object`,
  )
  demand(canonicalJson(fields as Json) === text, `leaf ${index} is not canonical`)
  const leaf = fields as Record<string, unknown>
  demand(leaf.leaf === LEAF_VERSION, `leaf ${index} is of another version than ${LEAF_VERSION}`)
  const { kind, group, sequence, journal } = leaf as unknown as VerifiedLeaf
  return { index, record, kind, group, sequence, journal, fields: leaf }
}
