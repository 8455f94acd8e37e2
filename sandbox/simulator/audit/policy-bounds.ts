/**
 * Holds the policies that decide against those above them, from the texts in the journal: no version but a group's first decides that allows
 * more in a day than the text that it names, or than the one that the first names.
 *
 * It reads two lines of a text and knows nothing of the agent's proof: the simulated policies differ in that limit alone. Depends on nothing.
 */
import { createHash } from 'node:crypto'
import type { Policy } from '../../../schemas/generated/types.js'
import { hold } from './violation.js'

interface KnownText {
  /** Cycle that took it. */
  readonly cycle: number
  readonly perDay: number
  /** Digest of the text that it names as its parent; empty when it names none. */
  readonly parent: string
}

export class PolicyBounds {
  /** By group and digest. */
  readonly #texts = new Map<string, KnownText>()
  readonly #first = new Map<string, string>()

  /** A text that the group's agent has taken; in the order in which they took effect. */
  take(groupId: string, cycle: number, { document }: Policy): void {
    const digest = createHash('sha256').update(document, 'utf8').digest('hex')
    if (/^group: /m.test(document) && !this.#first.has(groupId)) this.#first.set(groupId, digest)
    const key = `${groupId}/${digest}`
    if (this.#texts.has(key)) return
    const perDay = Number(/^ {2}perDay: (\d+)$/m.exec(document)?.[1])
    const parent = /^parent: .* digest: ([0-9a-f]{64}) }$/m.exec(document)?.[1] ?? ''
    this.#texts.set(key, { cycle, perDay, parent })
  }

  /** A decision by the policy of this digest, in force or on trial. */
  decides(groupId: string, digest: string): void {
    const first = this.#first.get(groupId) ?? ''
    const own = this.#texts.get(`${groupId}/${digest}`)
    hold(own !== undefined, 'people-obeyed', () => `a policy of ${groupId} decides that nobody sent`)
    this.#within(groupId, own as KnownText, (own as KnownText).parent, digest === first)
    const before = this.#texts.get(`${groupId}/${first}`)
    if (digest !== first && before !== undefined)
      this.#within(groupId, own as KnownText, before.parent, false)
  }

  /** @param asItCame what is taken as it comes is held against what had come before it alone */
  #within(groupId: string, own: KnownText, parent: string, asItCame: boolean): void {
    if (parent === '') return
    const above = this.#texts.get(`${groupId}/${parent}`)
    if (asItCame && (above === undefined || above.cycle >= own.cycle)) return
    hold(
      above !== undefined && own.perDay <= above.perDay,
      'people-obeyed',
      () => `a policy of ${groupId} decides that is looser than the one above it, or not proven`,
    )
  }
}
