/**
 * Follows a change in the journal and orders its next stage when the groups say that it may go on; tells each step, and how it ended by the
 * exit code.
 *
 * All it knows it reads from the journal, so it may be killed and begun anew at any time: a group takes an order once. Depends on the
 * promotion, the followed journal and the letters.
 */
import { printable } from '../../pipeline/governance/printable.js'
import {
  type Move,
  Promotion,
  type PromotionEnd,
  type PromotionPlan,
} from '../../pipeline/governance/promotion.js'
import { canonicalJson } from '../../schemas/canonical-json.js'
import { type PolicyStatus, PolicyStatusView } from '../../sinks/rollout/policy-status.js'
import { EXIT } from '../failure.js'
import { note, printJson, printText } from '../output.js'
import { followJournal, type JournalTarget } from '../people/followed-journal.js'
import { ordersOf, type ReadManifest } from '../people/manifest.js'
import type { Outcome } from '../people/outcome.js'
import type { Settings } from '../people/people-flags.js'
import { isoOfMicros } from '../people/times.js'
import type { PromotionLetters } from './promotion-letters.js'

type Order = Extract<Move, { readonly kind: 'activate' | 'roll-back' }>
interface End {
  readonly end: PromotionEnd | 'not-seen' | 'interrupted'
  readonly why: string
}

const REASON_LENGTH_MOST = 1_024
/** Reasons are in lines with what is said of them. */
const LINE_LENGTH = 2_000

const EXIT_CODES: Readonly<Record<End['end'], number>> = {
  'in-force': EXIT.ok,
  'taken-back': EXIT.different,
  withdrawn: EXIT.different,
  refused: EXIT.different,
  'another-change': EXIT.different,
  inconclusive: EXIT.notSeen,
  'not-seen': EXIT.notSeen,
  interrupted: EXIT.interrupted,
}

export class Promoter {
  readonly #steps: object[] = []
  readonly #promotion: Promotion
  /** What was told last of what is waited for. */
  #waitsFor = ''

  constructor(
    private readonly settings: Settings,
    private readonly manifest: ReadManifest,
    private readonly letters: PromotionLetters,
    how: Pick<PromotionPlan, 'patience' | 'rollsBack'>,
  ) {
    const {
      manifest: { change },
      digest,
    } = manifest
    this.#promotion = new Promotion({ change, digest, ...how })
  }

  async run(target: JournalTarget, signal: AbortSignal): Promise<void> {
    const view = new PolicyStatusView()
    for await (const { entries, isCaughtUp } of followJournal(target, signal)) {
      for (const { partition, body } of entries) {
        view.take(partition, body)
        this.letters.take(body)
      }
      // What was long over must not be taken for what is.
      if (!isCaughtUp) continue
      const end = await this.#step(view.status)
      if (end !== undefined) return this.#tellEnd(end, view.status)
    }
    this.#tellEnd({ end: 'interrupted', why: 'the same command goes on' }, view.status)
  }

  async #step(status: PolicyStatus): Promise<End | undefined> {
    const letter = this.letters.settled()
    if (letter === 'waits') return undefined
    if (letter === 'given-up')
      return {
        end: 'not-seen',
        why: 'orders were sent, and are not seen in the journal: is an instance at work?',
      }
    for (const outcome of letter) this.#takeOutcome(outcome, status)
    const move = this.#promotion.next(status.changes)
    if (move.kind === 'end') return move
    if (move.kind === 'wait') this.#tellWait(move.why, status)
    else await this.#order(move)
    return undefined
  }

  #takeOutcome(
    { record, groupId, cycle, closedAtMicros, result, reason, detail, messages }: Outcome,
    status: PolicyStatus,
  ): void {
    const took =
      result === 'refused' ? `refused: ${reason}: ${detail}` : messages.join(' ') || 'changes nothing'
    this.#tell(
      `${record.title} in group ${groupId}, cycle ${cycle} at ${isoOfMicros(closedAtMicros)}: ${took}`,
    )
    this.#steps.push({
      group: groupId,
      cycle,
      closedAt: isoOfMicros(closedAtMicros),
      result,
      reason,
      detail,
      messages,
    })
    if (result !== 'refused') return
    const stage = this.letters.stage
    this.#promotion.refused({ groupId, stage, reason, detail }, status.changes)
  }

  async #order(move: Order): Promise<void> {
    const { manifest, digest } = this.manifest
    const isActivation = move.kind === 'activate'
    const stage = isActivation ? move.stage : undefined
    const detail = stage === undefined ? '' : canonicalJson({ stage })
    const reason = `${this.settings.reason}: ${move.why}`.slice(0, REASON_LENGTH_MOST)
    const orders = ordersOf(isActivation ? 'ACTIVATE' : 'ROLLBACK', manifest, digest, detail)
      .filter(({ groupId }) => move.groups.includes(groupId))
      .map((order) => ({ ...order, reason }))
    this.#waitsFor = ''
    this.#tell(
      `${stage === undefined ? 'roll back' : `activate ${stage}`} in ${move.groups.join(', ')}: ${move.why}`,
    )
    await this.letters.send(orders, stage)
  }

  /** Again only when a group has come to another stage, or something else is waited for: decisions are many. */
  #tellWait(why: string, { changes }: PolicyStatus): void {
    const groups = changes.find(({ change }) => change === this.manifest.manifest.change)?.groups ?? []
    const waitsFor = `${why.replace(/\d+/g, '')} ${groups.map(({ stage }) => stage).join()}`
    if (waitsFor === this.#waitsFor) return
    this.#waitsFor = waitsFor
    this.#tell(`waits: ${why}`)
  }

  #tellEnd({ end, why }: End, { changes }: PolicyStatus): void {
    const {
      manifest: { change },
      digest,
    } = this.manifest
    const groups = changes.find((one) => one.change === change)?.groups ?? []
    if (this.settings.flags.json === true)
      printJson({ change, digest, end, why, orders: this.#steps, groups })
    else printText(printable(`${change}: ${end}: ${why}`, LINE_LENGTH))
    process.exitCode = EXIT_CODES[end]
  }

  /** What groups say holds what people wrote. */
  #tell(text: string): void {
    const line = printable(text, LINE_LENGTH)
    if (this.settings.flags.json === true) note(line)
    else printText(line)
  }
}
