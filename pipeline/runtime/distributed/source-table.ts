/**
 * The sources of a journal partition: a topic together with the schema that its records were written in.
 *
 * Their numbers are given in the order of their declarations in the journal. Records that could not be taken have a
 * source of their own for each topic. Pure. Depends on the schema registry for fingerprints.
 */
import { fingerprintOfSchema } from '../../../schemas/avro/registry.js'
import type { SourceDeclaration } from '../../../schemas/generated/types.js'
import { WeirError } from '../../errors.js'
import { RECORD_FAULT_STREAM } from '../../ports.js'

const FAULT_SCHEMA = '"bytes"'

export class SourceTable {
  readonly declarations: SourceDeclaration[] = []
  readonly #partition: number
  readonly #topics: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor(partition: number) {
    this.#partition = partition
  }

  /** Topic of a source. */
  topicOf(source: number): string {
    const topic = this.#topics[source]
    if (topic === undefined) throw new WeirError('WEIR_JOURNAL', `source ${source} was never declared`)
    return topic
  }

  /** Takes a declaration that the journal holds. */
  accept(declaration: SourceDeclaration): void {
    const { source, name, stream, writerSchema } = declaration
    if (source !== this.declarations.length)
      throw new WeirError(
        'WEIR_JOURNAL',
        `source ${source} is declared where ${this.declarations.length} is next`,
      )
    const topic = name.slice(0, name.lastIndexOf('/'))
    this.declarations.push(declaration)
    this.#topics.push(topic)
    this.#numbers.set(keyOf(stream, topic, writerSchema), source)
  }

  /** Number of the source of records of a topic; undefined when it is yet to be declared. */
  find(stream: string, topic: string, writerSchema: string): number | undefined {
    return this.#numbers.get(keyOf(stream, topic, writerSchema))
  }

  /** Makes and takes the next declaration. */
  declare(stream: string, topic: string, writerSchema: string): SourceDeclaration {
    const declaration: SourceDeclaration = {
      source: this.declarations.length,
      stream,
      name: `${topic}/${this.#partition}`,
      writerSchema,
      fingerprint: fingerprintOfSchema(writerSchema),
    }
    this.accept(declaration)
    return declaration
  }

  findFaults(topic: string): number | undefined {
    return this.find(RECORD_FAULT_STREAM, topic, FAULT_SCHEMA)
  }

  declareFaults(topic: string): SourceDeclaration {
    return this.declare(RECORD_FAULT_STREAM, topic, FAULT_SCHEMA)
  }
}

function keyOf(stream: string, topic: string, writerSchema: string): string {
  return `${stream}\n${topic}\n${writerSchema}`
}
