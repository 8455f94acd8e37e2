/**
 * What people have put in force, told from leaves and records alone: the roster, the policy, who speaks for whom, whose voices there are.
 *
 *   first roster ─ taken as it came       every later one: proposed, approved by another administrator
 *   first policy ─ taken as it came       under a roster: proposed, approved by two others, activated; rolled back
 *
 * It shares the check of a command and the taking of seats with the agent, and nothing else: no state of a group, no replay. Each leaf is of an
 * order that the agent says it took; what such an order needed is asked for again here, and what is missing is a `Refutation`. What it does
 * not ask again is whether a person's legal entities cover the group: the replay does. Depends on the people of governance.
 */
import { authorOf, CommandRefusal } from '../../../../pipeline/governance/people/author.js'
import { type Details, readDetail } from '../../../../pipeline/governance/people/command-detail.js'
import { commandRow } from '../../../../pipeline/governance/people/command-table.js'
import {
  CHANGE_SEATS,
  ROSTER_SEATS,
  type Seat,
  seatsTaken,
  type Voice,
} from '../../../../pipeline/governance/people/roles.js'
import { parseRoster, type Roster } from '../../../../pipeline/governance/people/roster.js'
import { textDigestHex } from '../../../../pipeline/governance/people/statement.js'
import { toHex } from '../../../../pipeline/identity.js'
import { EVERY_GROUP } from '../../../../pipeline/ports.js'
import type { Command } from '../../../../schemas/generated/types.js'
import type { VerifiedLeaf } from '../evidence.js'
import { demand, Refutation } from '../points/point.js'
import { type BundledPeople, orderText } from './bundled-people.js'
import { type KeptVoice, nameOf, namesOf, Voices } from './voices.js'

/** How a policy came to be in force. */
export interface PolicyInForce {
  readonly digest: string
  readonly id: unknown
  readonly version: unknown
  /** Sentence for people. */
  readonly how: string
}

interface Change {
  readonly subject: string
  readonly author: string
  readonly manifest: string
  /** Who took its seats; undefined until it was first activated. */
  approvers: readonly string[] | undefined
}

interface Trial {
  readonly change: string
  /** What a canary took the place of; undefined for a shadow. */
  readonly previous: PolicyInForce | undefined
}

export class PeopleFold {
  /** Of this moment; undefined before the first. */
  roster: Roster | undefined
  policy: PolicyInForce | undefined
  readonly #people: BundledPeople
  readonly #group: string
  readonly #rosters = new Map<string, string>()
  readonly #policies = new Map<string, Omit<PolicyInForce, 'how'>>()
  readonly #changes = new Map<string, Change>()
  readonly #voices = new Voices()
  #trial: Trial | undefined

  constructor(people: BundledPeople, group: string) {
    this.#people = people
    this.#group = group
  }

  /** The next leaf in the order of the log; leaves of other kinds change nothing. */
  take(leaf: VerifiedLeaf): void {
    if (leaf.kind === 'policy') this.#takePolicy(leaf)
    else if (leaf.kind === 'roster') this.#takeRoster(leaf)
    else {
      const command = this.#people.commands.get(leaf.index)
      if (command !== undefined) this.#takeCommand(leaf, command)
    }
  }

  /** How the policy is in force, or went back to be by the agent's own judgement of a canary; undefined when it is not. */
  inForce(digest: string): string | undefined {
    if (this.policy?.digest === digest) return this.policy.how
    const previous = this.#trial?.previous
    if (previous?.digest !== digest) return undefined
    return `${previous.how}; the agent has ended the canary that followed it`
  }

  /** All that were given on a subject. */
  voicesOn(subject: string): readonly KeptVoice[] {
    return this.#voices.on(subject)
  }

  /** Voices for exactly this that count at the time, with the roles that they have then. */
  counted(subject: string, digest: string, atMicros: number): Voice[] {
    return this.#voices.counted(this.roster, subject, digest, atMicros)
  }

  #takePolicy({ fields }: VerifiedLeaf): void {
    const { id, version } = fields
    // One of a level above groups governs none; those below are proven against it.
    if (fields.level !== undefined) return
    const digest = String(fields.digest)
    this.#policies.set(digest, { digest, id, version })
    if (this.roster === undefined)
      this.policy = { digest, id, version, how: 'taken as it came: the group had no roster' }
    else if (this.policy === undefined)
      this.policy = { digest, id, version, how: 'taken as it came: the first of the group' }
  }

  #takeRoster(leaf: VerifiedLeaf): void {
    const digest = String(leaf.fields.digest)
    this.#rosters.set(digest, this.#people.rosters.get(leaf.index)!)
    if (this.roster === undefined) this.roster = this.#rosterOf(digest)
    else this.#settleRosters(Number(leaf.fields.taken))
  }

  #takeCommand(leaf: VerifiedLeaf, command: Command): void {
    const taken = Number(leaf.fields.taken)
    demand(this.roster !== undefined, `${orderText(leaf)} was taken, and there was no roster`)
    demand(
      command.groupId === this.#group || command.groupId === EVERY_GROUP,
      `${orderText(leaf)} is addressed to the group ${command.groupId}`,
    )
    try {
      authorOf(this.roster, command, taken)
    } catch (error) {
      if (error instanceof CommandRefusal)
        throw new Refutation(`${orderText(leaf)} does not count: ${error.reason}, ${error.detail}`)
      throw error
    }
    switch (command.kind) {
      case 'PROPOSE':
        this.#propose(leaf, command)
        this.#settleRosters(taken)
        break
      case 'APPROVE':
        this.#approve(leaf, command, taken)
        this.#settleRosters(taken)
        break
      case 'REJECT':
        this.#authorityOf(leaf, command, taken)
        this.#changes.delete(toHex(command.digest))
        this.#voices.forget(command.subject)
        break
      case 'ACTIVATE':
        this.#activate(leaf, command, taken)
        break
      case 'ROLLBACK':
        this.#rollBack(leaf, command)
        break
      case 'DELEGATE':
        this.#voices.delegate(command.author, personOf(command), detailOf(leaf, 'delegation', command))
        break
      case 'REVOKE':
        this.#voices.revoke(command.author, personOf(command))
    }
  }

  #propose(leaf: VerifiedLeaf, { subject, author, digest, detail }: Command): void {
    if (subject.startsWith('change:'))
      demand(
        textDigestHex(detail) === toHex(digest),
        `${orderText(leaf)} is of another change than its digest`,
      )
    this.#changes.set(toHex(digest), { subject, author, manifest: detail, approvers: undefined })
  }

  #approve(leaf: VerifiedLeaf, command: Command, taken: number): void {
    const { author: personId, subject, digest, expiresAt } = command
    const authorityId = this.#authorityOf(leaf, command, taken)
    const voice = { personId, authorityId, digest: toHex(digest), expiresAtMicros: expiresAt }
    demand(
      this.#voices.keep(subject, { ...voice, index: leaf.index }, taken),
      `${orderText(leaf)} is one voice more than are taken on a subject`,
    )
  }

  /** In whose name a person says yes or no. The own roles were checked with the signature; those of another are those delegated. */
  #authorityOf(leaf: VerifiedLeaf, command: Command, taken: number): string {
    const { author: personId, kind } = command
    if (command.detail === '') return personId
    const authorityId = detailOf(leaf, 'onBehalf', command).for
    const roles = this.#voices.rolesOf(this.roster, personId, authorityId, taken)
    demand(
      authorityId !== personId && commandRow(kind).roles.some((role) => roles.has(role)),
      `${orderText(leaf)} is in the name of ${authorityId}, who has delegated nothing for that`,
    )
    return authorityId
  }

  #activate(leaf: VerifiedLeaf, command: Command, taken: number): void {
    const digest = toHex(command.digest)
    const change = this.#changeOf(leaf, command)
    const { stage } = detailOf(leaf, 'stage', command)
    change.approvers ??= this.#seated(leaf, change, digest, CHANGE_SEATS, taken)
    const manifest = readDetail('change', change.manifest)
    const entry =
      'detail' in manifest ? manifest.detail.entries.find(({ group }) => group === this.#group) : undefined
    demand(entry !== undefined, `${orderText(leaf)} names no policy for ${this.#group}`)
    const policy = this.#policies.get(entry.digest)
    demand(policy !== undefined, `${orderText(leaf)} is of a policy that was not logged before`)
    // A trial goes on to full; whatever else is begun shows that the agent has ended it.
    if (this.#trial !== undefined && (this.#trial.change !== digest || stage === 'shadow')) this.#endTrial()
    const previous = stage === 'canary' ? this.policy : undefined
    this.#trial = stage === 'full' ? undefined : { change: digest, previous }
    if (stage === 'shadow') return
    const how = `${change.subject} proposed by ${change.author}, approved by ${change.approvers.join(' and ')}, taken to ${stage} by ${command.author}`
    this.policy = { ...policy, how }
  }

  #rollBack(leaf: VerifiedLeaf, command: Command): void {
    const change = this.#changeOf(leaf, command)
    demand(
      this.#trial?.change === toHex(command.digest),
      `${orderText(leaf)} was taken, and ${change.subject} is on no trial`,
    )
    const { previous } = this.#trial
    this.#endTrial()
    if (previous !== undefined)
      this.policy = {
        ...previous,
        how: `${previous.how}; ${change.subject} after it rolled back by ${command.author}`,
      }
  }

  #endTrial(): void {
    this.policy = this.#trial?.previous ?? this.policy
    this.#trial = undefined
  }

  #changeOf(leaf: VerifiedLeaf, { digest, subject }: Command): Change {
    const change = this.#changes.get(toHex(digest))
    demand(change?.subject === subject, `${orderText(leaf)} is of a change that was not proposed`)
    return change
  }

  /** Who approved a change, when its seats are taken. */
  #seated(
    leaf: VerifiedLeaf,
    { subject, author }: Change,
    digest: string,
    seats: readonly Seat[],
    taken: number,
  ): readonly string[] {
    const voices = this.counted(subject, digest, taken)
    demand(
      seatsTaken(seats, voices, new Set([author])),
      `${orderText(leaf)} was taken, and the approvals that count are those of ${namesOf(voices)}`,
    )
    return voices.map(nameOf)
  }

  /** A new roster takes effect by itself, as soon as document, proposal and approval are there. */
  #settleRosters(taken: number): void {
    for (const [digest, { subject, author }] of this.#changes) {
      if (!subject.startsWith('roster:') || !this.#rosters.has(digest) || this.roster === undefined) continue
      if (!seatsTaken(ROSTER_SEATS, this.counted(subject, digest, taken), new Set([author]))) continue
      const roster = this.#rosterOf(digest)
      const { rosterId, version } = this.roster
      if (
        `roster:${roster.rosterId}` !== subject ||
        roster.rosterId !== rosterId ||
        roster.version <= version
      )
        continue
      this.roster = roster
      this.#rosters.delete(digest)
      this.#changes.delete(digest)
      this.#voices.forget(subject)
    }
  }

  #rosterOf(digest: string): Roster {
    return parseRoster(this.#rosters.get(digest)!, 'roster of the bundle')
  }
}

function detailOf<K extends keyof Details>(leaf: VerifiedLeaf, form: K, { detail }: Command): Details[K] {
  const read = readDetail(form, detail)
  if ('detail' in read) return read.detail
  throw new Refutation(`${orderText(leaf)} does not count: ${read.fault}`)
}

const personOf = ({ subject }: Command): string => subject.slice('person:'.length)
