/**
 * Keeps the outbox of a target in a file: replaced in one step, and durable before anything rests on it.
 *
 *   FOLDER/TARGET.json          the latest
 *   FOLDER/TARGET.json.draft    left by a crash, written over
 *
 * Depends on the file operations of the audit log.
 */
import { WeirError } from '../../pipeline/errors.js'
import type { LogFiles } from '../audit/log/files.js'
import { Outbox, type OutboxState } from './outbox.js'

export class OutboxFile {
  readonly outbox: Outbox
  readonly #files: LogFiles
  readonly #path: string
  #keptRevision: number
  #writing: Promise<void> = Promise.resolve()

  private constructor(files: LogFiles, path: string, outbox: Outbox) {
    this.#files = files
    this.#path = path
    this.outbox = outbox
    this.#keptRevision = outbox.revision
  }

  /** @throws WeirError WEIR_INPUT when the file is damaged: nothing is told twice or not at all because of it */
  static async open(files: LogFiles, target: string): Promise<OutboxFile> {
    const path = `${target}.json`
    const bytes = await files.read(path)
    const state = bytes === undefined ? undefined : parse(bytes, `${files.name}/${path}`)
    return new OutboxFile(files, path, new Outbox(state))
  }

  /** What the outbox is now is durable when it resolves. Writes go one after the other. */
  keep(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    const { revision } = this.outbox
    if (revision === this.#keptRevision) return
    const draft = `${this.#path}.draft`
    try {
      await this.#files.writeDurably(draft, Buffer.from(JSON.stringify(this.outbox.state())))
      await this.#files.rename(draft, this.#path)
      await this.#files.syncFolder('')
    } catch (cause) {
      if (cause instanceof WeirError) throw cause
      throw new WeirError(
        'WEIR_NOTIFICATION',
        `progress cannot be kept (${(cause as NodeJS.ErrnoException).code})`,
        {
          place: `${this.#files.name}/${this.#path}`,
          remedy: 'make the folder writable and free space, then start again: nothing is lost',
          cause,
        },
      )
    }
    this.#keptRevision = revision
  }
}

function parse(bytes: Uint8Array, place: string): OutboxState {
  try {
    const state = JSON.parse(Buffer.from(bytes).toString('utf8')) as OutboxState
    if (state.version === 1 && Array.isArray(state.places) && Array.isArray(state.waiting)) return state
  } catch {
    // Told below: a file that is replaced in one step is not half written by us.
  }
  throw new WeirError('WEIR_INPUT', 'the progress of a target cannot be read', {
    place,
    remedy: 'bring back the file, or remove it: all alerts of the journal are told anew then',
  })
}
