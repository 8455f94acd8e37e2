/**
 * Holds what was sent against what people said, from the journal alone: nothing goes over what is killed, and no plan of a supervised
 * group goes without two people who approved exactly it, and a second version of a policy decides nothing without an approver and a risk
 * officer who did not propose it, nor when it is looser than the policy above it (`policy-bounds.ts`).
 *
 * It shares no code with the agent's own checks. It believes the agent on which commands it took, and on nothing else. Depends on the
 * readers of records.
 */
import { toHex } from '../../../pipeline/identity.js'
import type {
  Command,
  Cycle,
  CycleResult,
  Instruction,
  Policy,
  SourceDeclaration,
} from '../../../schemas/generated/types.js'
import { recordReader } from '../../../sinks/journal/record-reader.js'
import { PolicyBounds } from './policy-bounds.js'
import { hold } from './violation.js'

const TAKEN = new Set([0, 3])
/** As the simulated policy of supervised groups has it. */
const PEOPLE = 2

interface Kill {
  readonly subject: string
  readonly lifters: Set<string>
}

export class PeopleAudit {
  /** By partition and source. */
  readonly #commands = new Map<string, (payload: Uint8Array) => Command | undefined>()
  readonly #policies = new Map<string, (payload: Uint8Array) => Policy | undefined>()
  readonly #bounds = new PolicyBounds()
  /** By group and id of the command. */
  readonly #kills = new Map<string, Kill>()
  readonly #voices: Command[] = []
  /** Who proposed a change, and which are activated, by group and digest. */
  readonly #proposals = new Map<string, string>()
  readonly #activated = new Set<string>()
  /** Version that a group began with. */
  readonly #first = new Map<string, number>()
  readonly #instructions = new Map<string, Instruction>()
  readonly #digests = new Map<string, string>()
  /** Sent instructions of supervised groups, for tests that it looked at any. */
  approved = 0
  /** Kills that a group took. */
  killed = 0
  /** Decisions of a second version. */
  changed = 0
  /** Activations that were refused because the version is looser than what is above it. */
  looser = 0

  constructor(private readonly supervised: ReadonlySet<string>) {}

  declare(partition: number, { source, stream, writerSchema }: SourceDeclaration): void {
    const key = `${partition}/${source}`
    if (stream === 'command') this.#commands.set(key, recordReader('command', writerSchema))
    if (stream === 'policy') this.#policies.set(key, recordReader('policy', writerSchema))
  }

  take(partition: number, cycle: Cycle, result: CycleResult): void {
    const policies: Policy[] = []
    for (const [index, { source, payload }] of cycle.inputs.entries()) {
      if (!TAKEN.has(result.dispositions[index])) continue
      const key = `${partition}/${source}`
      const command = this.#commands.get(key)?.(payload)
      if (command !== undefined) this.#note(cycle.groupId, command)
      const policy = this.#policies.get(key)?.(payload)
      if (policy !== undefined) policies.push(policy)
    }
    policies.sort((a, b) => a.eventTime - b.eventTime)
    for (const policy of policies) this.#bounds.take(cycle.groupId, cycle.cycle, policy)
    this.looser += result.deadLetters.filter(({ detail }) => detail.includes(' looser than ')).length
    for (const instruction of result.instructions)
      this.#instructions.set(toHex(instruction.instructionId), instruction)
    for (const { decisionId, planDigest, arm, policyVersion, policyDigest } of result.decisions) {
      this.#digests.set(toHex(decisionId), toHex(planDigest))
      this.#bounds.decides(cycle.groupId, toHex(policyDigest))
      if (arm !== '') continue
      // The first policy of a group is taken as it comes: in a bad network that may be the second version.
      if (!this.#first.has(cycle.groupId)) this.#first.set(cycle.groupId, policyVersion)
      if (policyVersion !== this.#first.get(cycle.groupId)) this.#needChange(cycle.groupId)
    }
    for (const { instructionId, state } of result.instructionEvents)
      if (state === 'SENT') this.#sent(this.#instructions.get(toHex(instructionId)), result)
  }

  #note(group: string, command: Command): void {
    const { kind, subject, author } = command
    if (kind === 'KILL') {
      this.#kills.set(`${group}/${toHex(command.commandId)}`, { subject, lifters: new Set() })
      this.killed++
    }
    if (kind === 'APPROVE') this.#voices.push(command)
    if (kind === 'PROPOSE') this.#proposals.set(`${group}/${toHex(command.digest)}`, author)
    if (kind === 'ACTIVATE') this.#activated.add(`${group}/${toHex(command.digest)}`)
    if (kind !== 'LIFT') return
    const key = `${group}/${subject.slice('kill:'.length).replaceAll('-', '')}`
    const kill = this.#kills.get(key)
    kill?.lifters.add(author)
    if (kill !== undefined && kill.lifters.size >= 2) this.#kills.delete(key)
  }

  #sent(instruction: Instruction | undefined, { groupId, closedAt }: CycleResult): void {
    hold(
      instruction !== undefined,
      'people-obeyed',
      () => 'an instruction was sent that no decision has made',
    )
    const { kind, channelId, sourceAccountId, destinationAccountId } = instruction as Instruction
    const touched = new Set([
      'all',
      `group:${groupId}`,
      `instruction-kind:${kind}`,
      `account:${sourceAccountId}`,
      `account:${destinationAccountId}`,
      `rail:${channelId}`,
      `facility:${channelId}`,
    ])
    for (const [key, { subject }] of this.#kills)
      hold(
        !key.startsWith(`${groupId}/`) || !touched.has(subject),
        'people-obeyed',
        () => `${kind} over ${channelId} of ${groupId} was sent though ${subject} is killed`,
      )
    if (this.supervised.has(groupId)) this.#needVoices(instruction as Instruction, closedAt)
  }

  #needChange(groupId: string): void {
    const approved = [...this.#proposals].some(([key, proposer]) => {
      if (!key.startsWith(`${groupId}/`) || !this.#activated.has(key)) return false
      const voices = this.#voices.filter(
        (voice) => voice.groupId === groupId && key === `${groupId}/${toHex(voice.digest)}`,
      )
      const says = (people: readonly string[]): boolean =>
        voices.some(({ author }) => author !== proposer && people.includes(author))
      return says(['anna', 'abel']) && says(['rosa', 'remy'])
    })
    hold(approved, 'people-obeyed', () => `a policy that two others have not approved decides for ${groupId}`)
    this.changed++
  }

  #needVoices({ decisionId, groupId, channelId }: Instruction, closedAt: number): void {
    const id = toHex(decisionId)
    const people = new Set(
      this.#voices
        .filter(({ subject }) => subject.slice('decision:'.length).replaceAll('-', '') === id)
        .filter(({ digest, expiresAt }) => toHex(digest) === this.#digests.get(id) && closedAt < expiresAt)
        .map(({ author }) => author),
    )
    hold(
      people.size >= PEOPLE,
      'people-obeyed',
      () => `a plan of ${groupId} over ${channelId} was sent with ${people.size} of ${PEOPLE} approvals`,
    )
    this.approved++
  }
}
