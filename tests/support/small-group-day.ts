/** The small group as a folder of input, with the key files of its simulated people: for tests of whole processes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { privatePemOf, SIMULATED_PEOPLE } from '../../sandbox/people.js'
import { SCHEMA_JSON, type StreamName } from '../../schemas/generated/schemas.js'
import { writeAvro } from './avro-files.js'
import { feedSmallGroup, GROUP, type InputTaker, MORNING, type SmallGroupOptions } from './small-group.js'
import { ROSTER } from './small-group-session.js'

/** Collects records by stream, with header fields filled in as a feed would. */
export class DayWriter implements InputTaker {
  readonly #records = new Map<StreamName, object[]>()

  input(stream: StreamName, fields: object, atMicros = MORNING): this {
    const records = this.#records.get(stream) ?? []
    this.#records.set(stream, records)
    const header = {
      groupId: GROUP,
      sourceId: `feed-${stream}`,
      sourceSequence: records.length,
      eventTime: atMicros,
    }
    records.push({ ...header, ...fields })
    return this
  }

  write(directory: string): void {
    for (const [stream, records] of this.#records) {
      mkdirSync(join(directory, stream), { recursive: true })
      writeAvro(join(directory, stream, 'day.avro'), SCHEMA_JSON[stream], records.map(withBuffers))
    }
  }
}

/** The group under the simulated roster; `further` adds to the day before it is written. */
export function writeGovernedDay(
  directory: string,
  further: (day: DayWriter) => void = () => undefined,
  options: SmallGroupOptions = {},
): void {
  const day = feedSmallGroup(new DayWriter(), options)
  day.input('roster', ROSTER, MORNING)
  further(day)
  day.write(directory)
}

/** `DIR/NAME.key` for everybody, readable by their owner alone. */
export function writeKeys(directory: string, names: readonly string[] = Object.keys(SIMULATED_PEOPLE)): void {
  mkdirSync(directory, { recursive: true })
  for (const name of names) writeFileSync(join(directory, `${name}.key`), privatePemOf(name), { mode: 0o600 })
}

function withBuffers(record: object): object {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value) : value,
    ]),
  )
}
