/** The keys of the tree of policies: level, parent, expiry, hourly budget, rules and margins, and where their mistakes are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { above, edited, GROUP_POLICY as GOOD } from '../../tests/support/policy-text.js'
import { WeirError } from '../errors.js'
import { parsePolicy } from './policy.js'

const DIGEST = 'ab'.repeat(32)

function refusal(text: string): string {
  try {
    parsePolicy(text, 'p.yaml')
  } catch (error) {
    assert.ok(error instanceof WeirError && error.code === 'WEIR_POLICY', `${error}`)
    return error.toLine()
  }
  assert.fail('the policy was accepted')
}

test('a policy without any of the new keys is what it was', () => {
  const policy = parsePolicy(GOOD, 'p.yaml')
  assert.deepEqual(
    [policy.level, policy.parent, policy.expires, policy.expiresAtMicros, policy.limits.perHour],
    [undefined, undefined, undefined, undefined, undefined],
  )
  assert.deepEqual(policy.rules, [])
  assert.equal(policy.listsAccounts, true)
})

test('every new key is read', () => {
  const text = edited(
    GOOD,
    [
      'version: 3',
      `version: 3\nlevel: group\nparent: { policy: emea, digest: ${DIGEST} }\nexpires: 2028-02-29`,
    ],
    ['mode: autonomous', 'mode: supervised'],
    ['  perDay:', '  perHour: 60_000_000.50\n  perDay:'],
    ['expectedFlows:', 'margins: { fundingCostPercent: 20, coveragePercent: 105 }\nexpectedFlows:'],
    ['expectedFlows:', 'rules:\n  - { name: no-fx, allow: \'move.kind!="FX"\' }\nexpectedFlows:'],
    ['expectedFlows:', `configurations: [${DIGEST}]\nexpectedFlows:`],
  )
  const policy = parsePolicy(text, 'p.yaml')
  assert.equal(policy.level, 'group')
  assert.deepEqual(policy.parent, { policyId: 'emea', digestHex: DIGEST })
  assert.equal(policy.mode, 'supervised')
  assert.equal(policy.expires, '2028-02-29')
  assert.equal(policy.expiresAtMicros, Date.parse('2028-03-01T00:00:00Z') * 1000)
  assert.equal(policy.limits.perHour, '60000000.50')
  assert.deepEqual([policy.configurations, policy.optimizers], [[DIGEST], []])
  assert.deepEqual(policy.margins, {
    fundingCostPercent: 20,
    collateralValuePercent: undefined,
    coveragePercent: 105,
  })
  assert.deepEqual(policy.rules, [{ name: 'no-fx', allow: 'move.kind!="FX"', normal: '(move.kind != "FX")' }])
})

test('approvals have defaults, and every one of their keys is read', () => {
  assert.deepEqual(parsePolicy(GOOD, 'p.yaml').approvals, {
    required: 1,
    roles: ['approver'],
    withinSeconds: 900,
    largeAmount: undefined,
    requiredAboveLarge: undefined,
  })
  const keys =
    'required: 2, roles: [risk-officer, admin], withinSeconds: 60, largeAmount: 5_000_000.50, requiredAboveLarge: 5'
  const text = edited(GOOD, ['expectedFlows:', `approvals: { ${keys} }\nexpectedFlows:`])
  assert.deepEqual(parsePolicy(text, 'p.yaml').approvals, {
    required: 2,
    roles: ['risk-officer', 'admin'],
    withinSeconds: 60,
    largeAmount: '5000000.50',
    requiredAboveLarge: 5,
  })
})

test('a policy above the level of groups governs none and need not list accounts', () => {
  const policy = parsePolicy(above('enterprise', 'house'), 'p.yaml')
  assert.deepEqual([policy.groupId, policy.listsAccounts, policy.accounts.length], ['', false, 0])
  assert.match(refusal(above('group', 'house')), /the policy has no key 'group'/)
  assert.match(refusal(edited(GOOD, ['group: europe\n', ''])), /the policy has no key 'group'/)
})

test('every mistake in them has its place', () => {
  const rules = (yaml: string) => edited(GOOD, ['expectedFlows:', `rules:\n${yaml}\nexpectedFlows:`])
  const cases: [text: string, starts: string][] = [
    [edited(GOOD, ['version: 3', 'version: 3\nexpires: 2027-02-29']), 'p.yaml:3:10: 2027-02-29 is no date ('],
    [edited(GOOD, ['version: 3', 'version: 3\nexpires: soon']), "p.yaml:3:10: expires is 'soon' ("],
    [
      edited(GOOD, ['version: 3', `version: 3\nparent: { policy: emea, digest: ${DIGEST} }`]),
      'p.yaml:3:9: a policy with a parent needs a level (write level: group)',
    ],
    [
      edited(GOOD, ['version: 3', 'version: 3\nlevel: group\nparent: { policy: emea, digest: latest }']),
      "p.yaml:4:33: parent.digest is 'latest' (it must match",
    ],
    [
      above('enterprise', 'house', `parent: { policy: emea, digest: ${DIGEST} }`),
      'p.yaml:4:9: a policy of level enterprise has no parent (',
    ],
    [
      edited(GOOD, ['version: 3', 'version: 3\nlevel: region']),
      'p.yaml:4:8: a policy of level region governs no group (',
    ],
    [edited(GOOD, ['version: 3', 'version: 3\nlevel: planet']), "p.yaml:3:8: level is 'planet' (use one of:"],
    [
      edited(GOOD, ['  perDay:', '  perHour: 59_999_999.99\n  perDay:']),
      'p.yaml:27:13: perCycle 60000000 is above perHour 59999999.99 (lower perCycle or raise perHour)',
    ],
    [
      edited(GOOD, ['  perDay:', '  perHour: 900000001\n  perDay:']),
      'p.yaml:28:12: perHour 900000001 is above perDay 900000000 (',
    ],
    [
      edited(GOOD, ['expectedFlows:', 'margins: { collateralValuePercent: 101 }\nexpectedFlows:']),
      "p.yaml:32:36: margins.collateralValuePercent is '101', more than 100 (",
    ],
    [
      edited(GOOD, ['expectedFlows:', `configurations: [${DIGEST}, ${DIGEST.slice(1)}]\nexpectedFlows:`]),
      `p.yaml:32:${'configurations: ['.length + 64 + 3}: configurations[1] is '`,
    ],
    [
      rules('  - { name: a, allow: "true" }\n  - { name: a, allow: "true" }'),
      'p.yaml:34:13: a is listed twice (keep one entry)',
    ],
    [
      edited(GOOD, ['expectedFlows:', 'approvals: { largeAmount: 5 }\nexpectedFlows:']),
      'p.yaml:32:27: largeAmount without requiredAboveLarge (add approvals.requiredAboveLarge)',
    ],
    [
      edited(GOOD, [
        'expectedFlows:',
        'approvals: { required: 3, largeAmount: 5, requiredAboveLarge: 2 }\nexpectedFlows:',
      ]),
      'p.yaml:32:63: requiredAboveLarge 2 is below required 3 (give 3 or more)',
    ],
    [
      edited(GOOD, ['expectedFlows:', 'approvals: { roles: [intern] }\nexpectedFlows:']),
      "p.yaml:32:22: approvals.roles[0] is 'intern' (use one of: approver, risk-officer, admin)",
    ],
    // The place is in the expression: plain, quoted and block scalars; elsewhere its begin and the character.
    [
      rules('  - name: fx\n    allow: move.kind == "FX" && move.kinds == "x"'),
      "p.yaml:34:33: rule fx: unknown name 'move.kinds' (did you mean 'move.kind'?)",
    ],
    [
      rules("  - { name: fx, allow: 'move.kind == 1' }"),
      "p.yaml:33:38: rule fx: '1' is of type int, not string (",
    ],
    [
      rules(
        '  - name: fx\n    allow: |\n      move.kind == "FX" &&\n      time.hour == 1\n  - { name: b, allow: "true" }',
      ),
      "p.yaml:36:7: rule fx: unknown name 'time.hour' (",
    ],
    [
      rules(
        '  - name: fx\n    allow: >-\n      move.kind == "FX"\n      && move.amountMinor\n  - { name: b, allow: "true" }',
      ),
      "p.yaml:34:12: character 22: rule fx: 'move.amountMinor' is of type int, not bool",
    ],
    [
      rules('  - { name: fx, allow: "move.kind == \\"FX\\" && 1 == true" }'),
      "p.yaml:33:24: character 27: rule fx: 'true' is of type bool, not int (",
    ],
    [
      rules(`  - { name: fx, allow: "${'x'.repeat(3000)}" }`),
      'p.yaml:33:24: rules[0].allow must NOT have more than 2048',
    ],
    [
      rules(`  - { name: fx, allow: "${'x'.repeat(1_000_000)}" }`),
      'p.yaml:1:1: the policy is larger than 256 KiB (',
    ],
    [rules('  - { name: fx, allow: true }'), "p.yaml:33:24: rules[0].allow is 'true', not string ("],
  ]
  for (const [text, starts] of cases) {
    const told = refusal(text)
    assert.ok(told.startsWith(starts), `${told}\nshould start with\n${starts}`)
  }
})
