/** Chains of policies by content hash, and every way in which they can be wrong, with its place. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { above, edited, GROUP_POLICY } from '../../tests/support/policy-text.js'
import { WeirError } from '../errors.js'
import { parsePolicyFile } from './policy.js'
import type { TreeFile } from './policy-chain.js'
import { digestOf, PolicyTree, proveLineage } from './policy-tree.js'

const file = (name: string, text: string): TreeFile => ({ file: name, ...parsePolicyFile(text, name) })
const naming = (parent: TreeFile, digest = digestOf(parent.policy)) =>
  `parent: { policy: ${parent.policy.policyId}, digest: ${digest} }`

const house = file('house.yaml', above('enterprise', 'house'))
const emea = file('emea.yaml', above('region', 'emea', naming(house)))
const legal = file('legal.yaml', above('entity', 'legal', naming(emea)))
const group = (parent: string) =>
  edited(GROUP_POLICY, ['group: europe', `group: europe\nlevel: group\n${parent}`])
const europe = file('europe.yaml', group(naming(legal)))

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof WeirError && error.code === 'WEIR_POLICY', `${error}`)
    return error.toLine()
  }
  assert.fail('nothing was refused')
}

const names = (files: readonly TreeFile[]) => files.map(({ policy }) => policy.policyId)

test('a chain of four levels is found from the group to the root, in any order of files', () => {
  for (const files of [
    [house, emea, legal],
    [legal, emea, house],
    [emea, house, legal, europe, house],
  ]) {
    const tree = new PolicyTree(files)
    assert.deepEqual(names(tree.parentsOf(europe)), ['legal', 'emea', 'house'])
    assert.deepEqual(names(proveLineage(tree, europe).parents), ['legal', 'emea', 'house'])
    assert.deepEqual(tree.parentsOf(house), [])
  }
  const short = file('short.yaml', group(naming(house)))
  assert.deepEqual(names(new PolicyTree([house]).parentsOf(short)), ['house'])
})

test('parents that are not there, are other ones, or are old', () => {
  const told = (files: TreeFile[], child: TreeFile) => refusal(() => new PolicyTree(files).parentsOf(child))
  assert.match(told([emea, house], europe), /^europe\.yaml:5:19: there is no policy legal \(/)
  assert.match(told([legal, house], europe), /^legal\.yaml:4:19: there is no policy emea \(/)
  const renamed = file('c.yaml', group(`parent: { policy: lost, digest: ${digestOf(emea.policy)} }`))
  assert.match(told([emea, house], renamed), /no policy lost; the digest is that of emea \(/)
  const crossed = file('c.yaml', group(naming(legal, digestOf(emea.policy))))
  assert.match(
    told([house, emea, legal], crossed),
    /^c\.yaml:5:34: the digest is that of emea, not of legal \(/,
  )
  const unknown = file('c.yaml', group(naming(legal, 'f'.repeat(64))))
  const line = told([house, emea, legal], unknown)
  assert.match(line, /no text of legal has this digest; there is version 3 in legal\.yaml \(/)
  assert.ok(line.includes(`then write digest: ${digestOf(legal.policy)}`))
  const newer = file(
    'legal-4.yaml',
    edited(above('entity', 'legal', naming(emea)), ['version: 3', 'version: 4']),
  )
  assert.match(
    told([house, emea, legal, newer], europe),
    /^europe\.yaml:5:34: legal version 3 is not the newest: there is version 4 in legal-4\.yaml \(/,
  )
})

test('two texts of one version, wrong levels, and a policy above itself', () => {
  const other = file('other.yaml', `${above('entity', 'legal', naming(emea))}# changed\n`)
  assert.match(
    refusal(() => new PolicyTree([house, emea, legal, other])),
    /^other\.yaml:2:10: legal version 3 is also in legal\.yaml, with another text \(/,
  )
  const sideways = file('side.yaml', above('entity', 'side', naming(legal)))
  assert.match(
    refusal(() => new PolicyTree([house, emea, legal]).parentsOf(sideways)),
    /^side\.yaml:4:19: the parent legal is of level entity, not above entity \(a parent is of level enterprise or region\)/,
  )
  const plain = file('plain.yaml', GROUP_POLICY)
  const below = file('below.yaml', edited(group(naming(plain)), ['policy: europe-intraday', 'policy: below']))
  assert.match(
    refusal(() => new PolicyTree([plain]).parentsOf(below)),
    /the parent europe-intraday has no level, not above group/,
  )
  // A digest cannot lie on a cycle, but a name can: version 1 of a policy above its version 2.
  const first = file('a-1.yaml', edited(above('enterprise', 'a'), ['version: 3', 'version: 5']))
  const middle = file('b.yaml', above('region', 'b', naming(first)))
  const again = file('a-2.yaml', above('entity', 'a', naming(middle)))
  assert.match(
    refusal(() => new PolicyTree([first, middle]).parentsOf(again)),
    /^b\.yaml:4:19: a is above itself \(/,
  )
})

test('a looser key anywhere on the way up is refused in the document that has it', () => {
  const loose = file(
    'emea.yaml',
    edited(
      above('region', 'emea', naming(house)),
      ['perDay: 900000000', 'perDay: 900000001'],
      ['gapWidenPercent: 10', 'gapWidenPercent: 9'],
    ),
  )
  const child = file('europe.yaml', group(naming(loose)))
  assert.match(
    refusal(() => proveLineage(new PolicyTree([house, loose]), child)),
    /^emea\.yaml:18:11: looser than house: limits\.perDay 900000001 is above the parent's 900000000, and 1 more \(give 900000000 or less\)$/,
  )
  const left = file(
    'europe.yaml',
    edited(group(naming(house)), ['gapWidenPercent: 10', 'gapWidenPercent: 5']),
  )
  assert.match(
    refusal(() => proveLineage(new PolicyTree([house]), left)),
    /^europe\.yaml:38:20: looser than house: staleness\.gapWidenPercent 5 is below/,
  )
})
