/**
 * What waits for people in each group, by the journal alone: kills in force, changes and rosters proposed, plans that await approval,
 * delegations, holds.
 *
 * It follows what the agent has said it did, and decides nothing itself: a command counts if its cycle took it, and ends what the
 * cycle's alerts say it has ended. Pure; depends on the journal's records.
 */
import type { Details } from '../../pipeline/governance/people/command-detail.js'
import { readDetail } from '../../pipeline/governance/people/command-detail.js'
import { formatUuid, isNoId, toHex } from '../../pipeline/identity.js'
import type { JournalBody } from '../../pipeline/ports.js'
import { asBuffer, resolverFor, typeOf } from '../../schemas/avro/registry.js'
import { createWalker } from '../../schemas/avro/walker.js'
import type {
  Alert,
  Command,
  Cycle,
  CycleResult,
  Instruction,
  SourceDeclaration,
} from '../../schemas/generated/types.js'
import { isTaken } from './outcome.js'

export interface Voice {
  readonly person: string
  /** In whose name: the person, or who has delegated to the person. */
  readonly for: string
  readonly expiresAtMicros: number
}

export interface Waiting {
  readonly subject: string
  readonly digest: string
  readonly author: string
  readonly reason: string
  readonly atMicros: number
  voices: Voice[]
}

export interface WaitingKill extends Omit<Waiting, 'digest'> {
  readonly killId: string
}

export interface WaitingChange extends Waiting {
  /** proposed, shadow, canary. */
  stage: string
  readonly manifest: string
}

export interface WaitingPlan extends Waiting {
  readonly legs: Map<string, { readonly instruction: Instruction; state: string }>
}

export interface WaitingDelegation {
  readonly from: string
  readonly to: string
  readonly roles: readonly string[]
  readonly untilMicros: number
}

export class GroupWaiting {
  readonly kills = new Map<string, WaitingKill>()
  readonly changes = new Map<string, WaitingChange>()
  readonly plans = new Map<string, WaitingPlan>()
  readonly delegations = new Map<string, WaitingDelegation>()
  readonly holds = new Map<string, { readonly author: string; readonly reason: string }>()
  closedAtMicros = 0

  /** Plans of which a leg waits for people. */
  get awaited(): WaitingPlan[] {
    return [...this.plans.values()].filter(({ legs }) =>
      [...legs.values()].some(({ state }) => state === AWAITING),
    )
  }
}

/** State of an instruction event; by name, since it came later than the journal's first version. */
const AWAITING = 'AWAITING_APPROVAL'

type ReadCommand = (payload: Uint8Array) => Command | undefined

/** Of one journal: of a run, or of one partition. */
export class WaitingView {
  readonly groups = new Map<string, GroupWaiting>()
  readonly #readers = new Map<number, ReadCommand>()
  /** Cycles with commands whose result is still to come. */
  readonly #open = new Map<string, readonly { readonly command: Command; readonly input: number }[]>()

  take(body: JournalBody): void {
    if ('weir.SourceDeclaration' in body) this.#declare(body['weir.SourceDeclaration'])
    else if ('weir.Cycle' in body) this.#takeCycle(body['weir.Cycle'])
    else if ('weir.CycleResult' in body) this.#takeResult(body['weir.CycleResult'])
  }

  #declare({ source, stream, writerSchema }: SourceDeclaration): void {
    if (stream !== 'command') return
    const { writerType, resolver } = resolverFor('command', writerSchema)
    const walker = createWalker(writerType)
    this.#readers.set(source, (payload) =>
      walker.walk(payload, 0, payload.length) === payload.length
        ? (typeOf('command').fromBuffer(asBuffer(payload), resolver) as Command)
        : undefined,
    )
  }

  #takeCycle({ groupId, cycle, inputs }: Cycle): void {
    const commands = inputs.flatMap(({ source, payload }, input) => {
      const command = this.#readers.get(source)?.(payload)
      return command === undefined ? [] : [{ command, input }]
    })
    if (commands.length > 0) this.#open.set(`${cycle}/${groupId}`, commands)
  }

  #takeResult(result: CycleResult): void {
    const key = `${result.cycle}/${result.groupId}`
    const group = this.#groupOf(result.groupId)
    group.closedAtMicros = result.closedAt
    const taken = (this.#open.get(key) ?? [])
      .filter(({ input }) => isTaken(result.dispositions[input]))
      .map(({ command }) => command)
    this.#open.delete(key)
    for (const { command, alerts } of withAlerts(taken, result.alerts)) apply(group, command, alerts)
    takeAlerts(group, result.alerts)
    takePlans(group, result)
    forgetExpired(group, result.closedAt)
  }

  #groupOf(groupId: string): GroupWaiting {
    let group = this.groups.get(groupId)
    if (group === undefined) {
      group = new GroupWaiting()
      this.groups.set(groupId, group)
    }
    return group
  }
}

/** Each command that was taken raises one alert `command` after all others that it causes, in order: so they can be told apart. */
function withAlerts(
  commands: readonly Command[],
  alerts: readonly Alert[],
): { readonly command: Command; readonly alerts: readonly Alert[] }[] {
  const rest = [...alerts]
  return commands.map((command) => {
    const end = rest.findIndex(({ code }) => code === 'command')
    return { command, alerts: rest.splice(0, end < 0 ? rest.length : end + 1) }
  })
}

function apply(group: GroupWaiting, command: Command, alerts: readonly Alert[]): void {
  const { subject, author, reason, eventTime: atMicros } = command
  const digest = isNoId(command.digest) ? '' : toHex(command.digest)
  switch (command.kind) {
    case 'HOLD':
      group.holds.set(subject, { author, reason })
      break
    case 'RELEASE':
      group.holds.delete(subject)
      break
    case 'KILL': {
      const killId = formatUuid(toHex(command.commandId))
      group.kills.set(killId, { killId, subject, author, reason, atMicros, voices: [] })
      break
    }
    case 'LIFT': {
      const killId = formatUuid(subject.slice('kill:'.length).replaceAll('-', ''))
      if (alerts.some(({ code }) => code === 'kill-lifted')) group.kills.delete(killId)
      else addVoice(group.kills.get(killId), command, author)
      break
    }
    case 'APPROVE': {
      const detail = detailOf('onBehalf', command)
      addVoice(waitingOf(group, subject, digest), command, detail?.for ?? author)
      break
    }
    case 'REJECT':
      if (!subject.startsWith('decision:')) group.changes.delete(digest)
      break
    case 'PROPOSE':
      group.changes.set(digest, {
        subject,
        digest,
        author,
        reason,
        atMicros,
        stage: 'proposed',
        manifest: command.detail,
        voices: [],
      })
      break
    case 'ACTIVATE': {
      const change = group.changes.get(digest)
      if (change === undefined || !alerts.some(({ code }) => code === 'policy-stage')) break
      change.stage = detailOf('stage', command)?.stage ?? change.stage
      if (change.stage === 'full') group.changes.delete(digest)
      break
    }
    case 'DELEGATE': {
      const detail = detailOf('delegation', command)
      const to = subject.slice('person:'.length)
      if (detail !== undefined)
        group.delegations.set(`${author}\n${to}`, {
          from: author,
          to,
          roles: detail.roles,
          untilMicros: detail.until,
        })
      break
    }
    case 'REVOKE':
      group.delegations.delete(`${author}\n${subject.slice('person:'.length)}`)
      break
    default:
      // Orders about plans show in the states of their legs.
      break
  }
}

function waitingOf(group: GroupWaiting, subject: string, digest: string): Waiting | undefined {
  if (subject.startsWith('decision:')) {
    const plan = group.plans.get(subject)
    return plan?.digest === digest ? plan : undefined
  }
  return group.changes.get(digest)
}

function addVoice(waiting: { voices: Voice[] } | undefined, command: Command, authority: string): void {
  if (waiting === undefined) return
  const { author, expiresAt } = command
  waiting.voices = waiting.voices.filter((one) => one.person !== author || one.for !== authority)
  waiting.voices.push({ person: author, for: authority, expiresAtMicros: expiresAt })
}

/** What ends without a command of its own: a roster that is in force now, a change that its guardrails took back. */
function takeAlerts(group: GroupWaiting, alerts: readonly Alert[]): void {
  for (const { code, subject } of alerts) {
    if (code !== 'roster-changed' && code !== 'policy-rolled-back') continue
    for (const [digest, change] of group.changes) if (change.subject === subject) group.changes.delete(digest)
  }
}

function takePlans(group: GroupWaiting, result: CycleResult): void {
  for (const instruction of result.instructions) {
    const subject = `decision:${formatUuid(toHex(instruction.decisionId))}`
    let plan = group.plans.get(subject)
    if (plan === undefined) {
      const decision = result.decisions.find(
        ({ decisionId }) => Buffer.compare(decisionId, instruction.decisionId) === 0,
      )
      const { planDigest } = (decision ?? {}) as { readonly planDigest?: Uint8Array }
      plan = {
        subject,
        digest: planDigest === undefined || isNoId(planDigest) ? '' : toHex(planDigest),
        author: '',
        reason: decision?.reason ?? '',
        atMicros: result.closedAt,
        voices: [],
        legs: new Map(),
      }
      group.plans.set(subject, plan)
    }
    plan.legs.set(toHex(instruction.instructionId), { instruction, state: '' })
  }
  for (const { instructionId, state } of result.instructionEvents) {
    const key = toHex(instructionId)
    for (const plan of group.plans.values()) {
      const leg = plan.legs.get(key)
      if (leg !== undefined) leg.state = state
    }
  }
  // Only plans that wait are kept: a journal of months holds very many.
  for (const [subject, { legs }] of group.plans)
    if (![...legs.values()].some(({ state }) => state === AWAITING || state === 'PROPOSED' || state === ''))
      group.plans.delete(subject)
}

function forgetExpired(group: GroupWaiting, nowMicros: number): void {
  for (const [key, { untilMicros }] of group.delegations)
    if (nowMicros >= untilMicros) group.delegations.delete(key)
  for (const waiting of [...group.kills.values(), ...group.changes.values(), ...group.plans.values()])
    waiting.voices = waiting.voices.filter(({ expiresAtMicros }) => nowMicros < expiresAtMicros)
}

function detailOf<K extends keyof Details>(form: K, { detail }: Command): Details[K] | undefined {
  if (detail === '') return undefined
  const read = readDetail(form, detail)
  return 'detail' in read ? read.detail : undefined
}
