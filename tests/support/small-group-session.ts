/** What tests of the agent on the small group share: a started group, times of its morning, answers of its bank, and words for results. */
import { createAgent } from '../../pipeline/agent.js'
import { toHex } from '../../pipeline/identity.js'
import { DISPOSITION_NAMES } from '../../pipeline/perception/outcome.js'
import type { AppliedCycle } from '../../pipeline/ports.js'
import { SIMULATED_ROSTER, simulatedRoster } from '../../sandbox/people.js'
import { testEnvironment } from './environment.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  id,
  MORNING,
  SECOND,
  type SmallGroupOptions,
} from './small-group.js'

export async function started(
  options: SmallGroupOptions = {},
): Promise<{ driver: GroupDriver; first: AppliedCycle }> {
  const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, await testEnvironment())), options)
  return { driver, first: driver.close(MORNING + SECOND) }
}

/** The simulated people, as a record of the roster's stream. */
export const ROSTER = { rosterId: SIMULATED_ROSTER, version: 1, document: simulatedRoster() }

export const at = (seconds: number): number => MORNING + seconds * SECOND

export const names = (applied: AppliedCycle) =>
  [...applied.result.dispositions].map((code) => DISPOSITION_NAMES[code])

export const reasons = (applied: AppliedCycle) => applied.result.deadLetters.map((letter) => letter.reason)

/** Everything that was released settles as it was ordered. */
export function settle(driver: GroupDriver, applied: AppliedCycle, atMicros: number): AppliedCycle {
  for (const order of applied.release) {
    driver.input(
      'execution',
      {
        executionId: id(`settled-${toHex(order.instructionId)}`),
        instructionId: order.instructionId,
        status: 'SETTLED',
        reasonCode: '',
        settledMinor: order.amountMinor,
        counterSettledMinor: order.counterAmountMinor,
        sourceId: 'bank',
        sourceSequence: -1,
      },
      atMicros,
    )
  }
  return driver.close(atMicros + SECOND)
}
