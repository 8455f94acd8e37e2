/**
 * Requests to a worker that are answered before anything else goes on: at the start and at the end of a run.
 *
 * Depends on the workers' protocol.
 */
import { encodeRecord, typeOf } from '../../../schemas/avro/registry.js'
import type { Instruction, SourceDeclaration } from '../../../schemas/generated/types.js'
import { WeirError } from '../../errors.js'
import type { Bell } from '../rings/bell.js'
import * as protocol from '../workers/protocol.js'
import type { StagePool } from '../workers/stage-pool.js'
import type { GroupRun } from './group-run.js'

const NOTHING = new Uint8Array(0)

/** Tells every worker of the sources; agents that are made later are told by their worker. */
export function declareSources(pool: StagePool, declarations: readonly SourceDeclaration[]): void {
  for (const declaration of declarations) {
    const bytes = encodeRecord('source-declaration', declaration)
    for (let worker = 0; worker < pool.workers; worker++) pool.send(worker, protocol.DECLARE, 0, 0, bytes)
  }
}

/** Makes a new agent of the group. */
export async function adoptGroup(pool: StagePool, bell: Bell, group: GroupRun): Promise<void> {
  pool.send(group.worker, protocol.ADOPT, group.index, 0, Buffer.from(group.groupId, 'utf8'))
  await answer(pool, bell, group, protocol.READY)
}

/** Makes an agent of a snapshot; false when it was refused. */
export async function restoreGroup(
  pool: StagePool,
  bell: Bell,
  group: GroupRun,
  digest: Uint8Array,
  snapshot: Uint8Array,
): Promise<boolean> {
  pool.send(group.worker, protocol.RESTORE, group.index, 0, Buffer.concat([digest, snapshot]))
  return (await answer(pool, bell, group, protocol.READY)).second === 1
}

/** Instructions of the group without a final status. */
export async function askOutstanding(pool: StagePool, bell: Bell, group: GroupRun): Promise<Instruction[]> {
  pool.send(group.worker, protocol.OUTSTANDING, group.index, 0, NOTHING)
  const { payload } = await answer(pool, bell, group, protocol.OUTSTANDING)
  const type = typeOf('instruction')
  const instructions: Instruction[] = []
  for (let position = 0; position < payload.length; ) {
    const { value, offset } = type.decode(payload, position)
    instructions.push(value as Instruction)
    position = offset
  }
  return instructions
}

/** Summary and digests of each group, in order. */
export async function finishGroups(
  pool: StagePool,
  bell: Bell,
  groups: readonly GroupRun[],
): Promise<protocol.GroupReport[]> {
  const reports: protocol.GroupReport[] = []
  for (const group of groups) {
    pool.send(group.worker, protocol.FINISH, group.index, 0, NOTHING)
    const { payload } = await answer(pool, bell, group, protocol.SUMMARY)
    reports.push(JSON.parse(payload.toString('utf8')) as protocol.GroupReport)
  }
  return reports
}

/** Waits for the group's answer of a kind. Nothing else may be under way with that worker. */
async function answer(pool: StagePool, bell: Bell, group: GroupRun, kind: number): Promise<protocol.Message> {
  let found: protocol.Message | undefined
  for (;;) {
    pool.receive((_worker, message) => {
      if (message.kind !== kind || message.first !== group.index)
        throw new WeirError('WEIR_BUG', `a worker answered ${message.kind} where ${kind} was asked`)
      found = message
    })
    if (pool.failure !== undefined) throw pool.failure
    if (found !== undefined) return found
    await bell.sleep(() => pool.hasMessages || pool.canSend)
  }
}
