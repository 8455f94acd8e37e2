/** The journal of a run that nobody writes meanwhile. Depends on the runtime. */
import { join } from 'node:path'
import { WeirError } from '../../pipeline/errors.js'
import { lockDataDirectory } from '../../pipeline/runtime/data-directory.js'
import { readRunFile } from '../../pipeline/runtime/engine/run-file.js'
import { Journal } from '../../pipeline/runtime/journal/journal.js'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'
import { fileJournal, type ProjectedJournal } from '../../sinks/journal/journal-port.js'

/**
 * @param use is given the number of entries, up to which the tail is whole, and the journal
 * @throws WeirError WEIR_NOT_FOUND when there is no run, WEIR_LOCKED while it goes on, WEIR_JOURNAL as a start does
 */
export async function withStoredRun<T>(
  dataDir: string,
  use: (entries: number, journal: ProjectedJournal) => Promise<T>,
): Promise<T> {
  // Before the lock, which would make the folder.
  if ((await readRunFile(dataDir)) === undefined)
    throw new WeirError('WEIR_NOT_FOUND', 'there is no run in this data directory', {
      place: dataDir,
      remedy: 'give the --data-dir of a run',
    })
  const lock = await lockDataDirectory(dataDir)
  try {
    // Opening checks all segments and cuts a torn tail, as a start does.
    const directory = join(dataDir, 'journal')
    const opened = await Journal.open({ directory })
    const entries = opened.nextSequence
    await opened.close()
    const journal = fileJournal((from, until) => readJournal(directory, from.sequence, until))
    return await use(entries, journal)
  } finally {
    await lock.release()
  }
}
