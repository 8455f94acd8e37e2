/**
 * All input files as one sequence, ordered by (arrival, source number, position).
 *
 * The order depends on the files alone, not on how they are read. A binary heap of cursors: with the few dozen files of a
 * day an input costs a handful of comparisons. Depends on the cursors.
 */
import { FileCursor, type SeekPoint } from './file-cursor.js'
import type { InputFolder } from './input-folder.js'

export class MergedFiles {
  readonly totalBytes: number
  readonly #cursors: FileCursor[] = []
  /** The earliest is first; a parent is never later than its children. */
  readonly #heap: FileCursor[] = []

  /** @param seek where each source begins; by number, absent for its start */
  constructor(folder: InputFolder, seek: ReadonlyMap<number, SeekPoint>) {
    this.totalBytes = folder.files.reduce((sum, file) => sum + file.bytes, 0)
    try {
      for (const file of folder.files) {
        const cursor = new FileCursor(file, folder.startMicros, seek.get(file.source))
        this.#cursors.push(cursor)
        if (cursor.advance()) this.#heap.push(cursor)
      }
    } catch (error) {
      this.close()
      throw error
    }
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index--) this.#siftDown(index)
  }

  /** The cursor that stands on the earliest input; undefined at the end. */
  get current(): FileCursor | undefined {
    return this.#heap[0]
  }

  /** Goes to the next input. */
  advance(): void {
    const heap = this.#heap
    if (heap.length === 0) return
    if (!heap[0].advance()) {
      const last = heap.pop() as FileCursor
      if (heap.length === 0) return
      heap[0] = last
    }
    this.#siftDown(0)
  }

  /** Bytes of the files that were read. */
  get readBytes(): number {
    return this.#cursors.reduce((sum, cursor) => sum + cursor.offset, 0)
  }

  /** Records of the files so far, each once. */
  get records(): number {
    return this.#cursors.reduce((sum, cursor) => sum + cursor.records, 0)
  }

  /** Latest arrival in all files, of what was read or passed over by seeking; that of the last input at the end. */
  get lastArrivalMicros(): number {
    return this.#cursors.reduce((latest, cursor) => Math.max(latest, cursor.arrivedAtMicros), 0)
  }

  close(): void {
    for (const cursor of this.#cursors) cursor.close()
    this.#cursors.length = 0
    this.#heap.length = 0
  }

  #siftDown(from: number): void {
    const heap = this.#heap
    const moved = heap[from]
    let index = from
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++
      if (!isBefore(heap[child], moved)) break
      heap[index] = heap[child]
      index = child
    }
    heap[index] = moved
  }
}

function isBefore(a: FileCursor, b: FileCursor): boolean {
  if (a.arrivedAtMicros !== b.arrivedAtMicros) return a.arrivedAtMicros < b.arrivedAtMicros
  return a.file.source < b.file.source
}
