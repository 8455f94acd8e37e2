/** A log for each partition of a journal topic, made as far as the topic goes and gone on with later. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bell } from '../../clickhouse/journal-topic/bell.js'
import { JournalPartition } from '../../clickhouse/journal-topic/journal-partition.js'
import { presentEntries } from '../../clickhouse/journal-topic/present-entries.js'
import { MemoryTopic } from '../../clickhouse/testing/memory-topic.js'
import { PARTITIONS, syntheticDays } from '../../clickhouse/testing/three-partitions.js'
import { fileJournal } from '../../journal/journal-port.js'
import { LogReader } from '../log/log-reader.js'
import { KEY, ORIGIN, openTestLog } from '../testing/logs.js'
import { MemoryFiles } from '../testing/memory-files.js'
import { appendLeaves, checkLeaves } from './audit-projection.js'

const days = syntheticDays()

test('each partition has the leaves of its own journal, whatever of it was there at first', async () => {
  const topic = new MemoryTopic(PARTITIONS)
  const stop = new AbortController()
  const ports = { ...topic.ports(new Bell()), signal: stop.signal }
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const day = days[partition] ?? assert.fail()
    const half = Math.floor(day.entries.length / 2)
    topic.write(partition, day, 0, half)
    const files = new MemoryFiles()
    const log = await openTestLog(files)
    const journal = presentEntries(new JournalPartition(partition, ports), stop.signal)
    const first = await appendLeaves(journal, log)
    assert.equal(first.entries, half)
    topic.write(partition, day, half)
    const second = await appendLeaves(journal, log)
    assert.equal(second.entries, day.entries.length)
    assert.ok(second.appended > 0)

    const alone = await openTestLog(new MemoryFiles())
    await appendLeaves({ ...fileJournal(day.read), partition }, alone)
    assert.equal(log.size, alone.size)
    for (let index = 0; index < log.size; index++)
      assert.deepEqual(await log.record(index), await alone.record(index))
    const reader = await LogReader.open(files, { origin: ORIGIN, logKeys: [KEY.verifier()] })
    assert.equal((await checkLeaves(journal, reader)).leaves, log.size)
  }
})

test('reading that was told to stop is no end of the journal', async () => {
  const topic = new MemoryTopic(1)
  topic.write(0, days[0] ?? assert.fail())
  const stop = new AbortController()
  const ports = { ...topic.ports(new Bell()), signal: stop.signal }
  const journal = presentEntries(new JournalPartition(0, ports), stop.signal)
  const log = await openTestLog(new MemoryFiles())
  stop.abort()
  await assert.rejects(appendLeaves(journal, log), { name: 'AbortError' })
})
