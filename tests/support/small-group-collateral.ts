/** The small group with its revolver secured: bonds that may be pledged to it, their valuations, and answers of its bank. */
import { toHex } from '../../pipeline/identity.js'
import type { AppliedCycle } from '../../pipeline/ports.js'
import type { Instruction } from '../../schemas/generated/types.js'
import { GROUP, type GroupDriver, type InputTaker, id } from './small-group.js'

/** What is different about the revolver. */
export const SECURED = { secured: true, acceptedLevels: ['LEVEL_1', 'LEVEL_2A'] }

export function asset(assetId: string, changes: object = {}): object {
  return {
    groupId: GROUP,
    assetId,
    isin: '',
    issuerId: 'ISSUER',
    level: 'LEVEL_1',
    eligible: true,
    pledgedFacilityId: '',
    pledgedParts: 0,
    ...changes,
  }
}

export function valuation(assetId: string, valueMinor: number, changes: object = {}): object {
  return { groupId: GROUP, assetId, currency: 'EUR', valueMinor, haircutBp: 200, ...changes }
}

/** Ten million of bonds with a haircut of 2 %. */
export function feedBonds<Taker extends InputTaker>(driver: Taker, changes: object = {}): Taker {
  driver.input('collateral-asset', asset('BUND', changes))
  driver.input('collateral-valuation', valuation('BUND', 10_000_000_00))
  return driver
}

/** A word of the bank on an instruction. */
export function report(order: Instruction, status: string, part = 1): object {
  const settled = status === 'SETTLED'
  return {
    executionId: id(`${status}-${toHex(order.instructionId)}`),
    instructionId: order.instructionId,
    status,
    reasonCode: status === 'REJECTED' ? 'AM04' : '',
    settledMinor: settled ? order.amountMinor * part : 0,
    counterSettledMinor: settled ? order.counterAmountMinor * part : 0,
    sourceId: 'bank',
    sourceSequence: -1,
  }
}

export function answered(
  driver: GroupDriver,
  order: Instruction,
  status: string,
  atMicros: number,
): AppliedCycle {
  return driver.input('execution', report(order, status), atMicros).close(atMicros + 1_000_000)
}

/** Kind, leg and what it waits for, of each instruction. */
export const shape = (applied: AppliedCycle) =>
  applied.result.instructions.map(({ kind, leg, dependsOn }) => `${leg} ${kind} ${dependsOn}`)
