/** The layout of the topics, and what is said of topics that differ from it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { COMPACTED_STREAMS, SOURCE_STREAMS } from '../../distributed/topics.js'
import { differencesOf, type TopicFound } from './differences.js'
import { type TopicLayout, topicLayouts } from './layout.js'

const layouts = topicLayouts({ prefix: 'x.', partitions: 4, replication: 3 })

function layoutOf(stream: string): TopicLayout {
  const layout = layouts.find((candidate) => candidate.stream === stream)
  assert.ok(layout, stream)
  return layout
}

function asWanted(layout: TopicLayout, changed: Record<string, string> = {}): TopicFound {
  return {
    partitions: layout.partitions,
    replication: layout.replication,
    settings: new Map(Object.entries({ ...layout.settings, 'segment.bytes': '1', ...changed })),
  }
}

describe('the layout of the topics', () => {
  it('has the same partitions everywhere, keeps the journal and compacts reference data', () => {
    assert.deepEqual(new Set(layouts.map(({ partitions }) => partitions)), new Set([4]))
    const journal = layoutOf('cycle')
    assert.equal(journal.topic, 'x.cycle')
    assert.equal(journal.settings['retention.ms'], '-1')
    assert.equal(journal.settings['max.message.bytes'], '8388608')
    for (const stream of SOURCE_STREAMS) {
      const policy = COMPACTED_STREAMS.has(stream) ? 'compact' : 'delete'
      assert.equal(layoutOf(stream).settings['cleanup.policy'], policy, stream)
    }
    assert.ok(Number(layoutOf('dead-letter').settings['retention.ms']) > 0)
  })

  it('asks for two copies of a write where there are three', () => {
    assert.equal(journalOf(3)['min.insync.replicas'], '2')
    assert.equal(journalOf(1)['min.insync.replicas'], '1')
  })
})

function journalOf(replication: number): Readonly<Record<string, string>> {
  const layout = topicLayouts({ prefix: '', partitions: 1, replication }).find(
    ({ stream }) => stream === 'cycle',
  )
  return layout?.settings ?? {}
}

describe('a topic that is there', () => {
  it('is as wanted whatever other settings it has, and with more copies', () => {
    for (const layout of layouts) {
      assert.deepEqual(differencesOf(layout, asWanted(layout)), [])
      assert.deepEqual(differencesOf(layout, { ...asWanted(layout), replication: 5 }), [])
    }
  })

  it('is never given another number of partitions', () => {
    const layout = layoutOf('quote')
    for (const partitions of [3, 5]) {
      const [difference, ...others] = differencesOf(layout, { ...asWanted(layout), partitions })
      assert.deepEqual(others, [])
      assert.equal(difference?.alterable, false)
      assert.deepEqual([difference?.wanted, difference?.found], ['4', String(partitions)])
      assert.match(difference?.note ?? '', /moving groups/)
    }
  })

  it('may be given other settings, which are told one by one', () => {
    const layout = layoutOf('cycle')
    const found = asWanted(layout, { 'retention.ms': '604800000', 'cleanup.policy': 'delete,compact' })
    const differences = differencesOf(layout, found).map(({ key, wanted, found: has, alterable }) => [
      key,
      wanted,
      has,
      alterable,
    ])
    assert.deepEqual(differences, [
      ['cleanup.policy', 'delete', 'delete,compact', true],
      ['retention.ms', '-1', '604800000', true],
    ])
  })
})
