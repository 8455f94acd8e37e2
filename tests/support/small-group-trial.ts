/**
 * A policy on trial in the small group: proposed and approved by the simulated people, then driven stage by stage; and what was applied so far.
 */
import { createAgent } from '../../pipeline/agent.js'
import { NO_DIGEST, sha256, toHex } from '../../pipeline/identity.js'
import type { AppliedCycle } from '../../pipeline/ports.js'
import { type SimulatedDraft, signAs } from '../../sandbox/people.js'
import { canonicalJson, type Json } from '../../schemas/canonical-json.js'
import type { Alert, Cycle } from '../../schemas/generated/types.js'
import { testEnvironment } from './environment.js'
import { feedSmallGroup, GROUP, GroupDriver, movement, POLICY_TEXT } from './small-group.js'
import { at, ROSTER, settle } from './small-group-session.js'

type Draft = Omit<SimulatedDraft, 'atMicros' | 'groupId' | 'reason'>
type Stage = 'shadow' | 'canary' | 'full'

export const digestOf = (text: string): Uint8Array => sha256(Buffer.from(text, 'utf8'))

/** Version 2 of the small policy: every group is in its cohort unless the canary says otherwise. */
export function candidate(
  canary = 'cohortPercent: 100, shadowDecisions: 2, decisions: 3',
  change: (text: string) => string = (text) => text,
): string {
  const text = POLICY_TEXT.replace('version: 1', 'version: 2')
  return change(text.replace('expectedFlows:', `canary: { ${canary} }\nexpectedFlows:`))
}

export class SmallGroupTrial {
  second = 4
  payments = 0
  /** All cycles so far, and what came of them. */
  readonly cycles: Cycle[] = []
  readonly applied: AppliedCycle[] = []
  readonly subject = 'change:second'
  readonly detail: string

  private constructor(
    readonly driver: GroupDriver,
    readonly document: string,
  ) {
    const digest = toHex(digestOf(document))
    const entries = [{ kind: 'policy', group: GROUP, policy: 'small', version: 2, digest }]
    this.detail = canonicalJson({ change: 'second', entries } as unknown as Json)
    const next = driver.nextCycle.bind(driver)
    driver.nextCycle = (atMicros) => {
      const cycle = next(atMicros)
      this.cycles.push(cycle)
      return cycle
    }
  }

  /**
   * Proposed and approved; not on trial yet.
   * @param former text of the policy in force
   */
  static async approved(
    document: string,
    former = POLICY_TEXT,
    configuration: Uint8Array = NO_DIGEST,
  ): Promise<SmallGroupTrial> {
    const driver = new GroupDriver(createAgent(GROUP, await testEnvironment()))
    driver.configuration = configuration
    feedSmallGroup(driver, { policy: former })
    const trial = new SmallGroupTrial(driver, document)
    trial.closeAt(at(1))
    driver.input('roster', ROSTER, at(2))
    trial.closeAt(at(3))
    driver.input('policy', { policyId: 'small', version: 2, document }, at(trial.second))
    trial.close()
    const digest = digestOf(trial.detail)
    trial.order({ kind: 'PROPOSE', subject: trial.subject, author: 'paul', digest, detail: trial.detail })
    for (const author of ['anna', 'rosa'])
      trial.order({ kind: 'APPROVE', subject: trial.subject, digest, author })
    return trial
  }

  order(draft: Draft): AppliedCycle {
    const { second } = this
    const full = { groupId: GROUP, reason: 'test', atMicros: at(second), nonce: String(second), ...draft }
    this.driver.input('command', { sourceId: 'desk', sourceSequence: -1, ...signAs(full) }, at(second))
    return this.close()
  }

  go(stage: Stage): AppliedCycle {
    const digest = digestOf(this.detail)
    const detail = canonicalJson({ stage })
    return this.order({ kind: 'ACTIVATE', subject: this.subject, digest, author: 'paul', detail })
  }

  rollBack(): AppliedCycle {
    const digest = digestOf(this.detail)
    return this.order({ kind: 'ROLLBACK', subject: this.subject, digest, author: 'olga' })
  }

  /** A payment from the payroll account that the former policy makes up for; what is sent is settled at once. */
  pay(amountMinor = 900_000_00): AppliedCycle {
    const decided = this.payOpen(amountMinor)
    this.second += 2
    this.applied.push(settle(this.driver, decided, at(this.second)))
    this.second += 2
    return decided
  }

  payOpen(amountMinor: number): AppliedCycle {
    const payment = movement(`salaries ${this.payments++}`, 'PAYROLL', -amountMinor)
    this.driver.input('cash-movement', payment, at(this.second))
    // Sales bring in as much elsewhere, so that the group never runs dry.
    const receipt = movement(`sales ${this.payments}`, 'OPERATING', amountMinor)
    this.driver.input('cash-movement', receipt, at(this.second))
    return this.close()
  }

  close(): AppliedCycle {
    this.second += 2
    return this.closeAt(at(this.second - 1))
  }

  closeAt(atMicros: number): AppliedCycle {
    const applied = this.driver.close(atMicros)
    this.applied.push(applied)
    return applied
  }

  /** The cycle in which the trial was rolled back, undefined before. */
  get ended(): AppliedCycle | undefined {
    return this.applied.find((applied) => alertOf(applied, 'policy-rolled-back') !== undefined)
  }
}

export function alertOf({ result }: Pick<AppliedCycle, 'result'>, code: string): Alert | undefined {
  return result.alerts.find((alert) => alert.code === code)
}
