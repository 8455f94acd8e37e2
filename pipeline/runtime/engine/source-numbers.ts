/**
 * The numbers of a run's sources: a function of its files, venues and groups, so that a restart gives the same ones.
 *
 *   0 .. files-1                 the input files, by sorted path
 *   files + g * venues + v       reports of venue v on instructions of group g, both sorted
 *   then, one a file             faults of the file itself (stream `~file`)
 *   then, one a stream           what people drop into the run, where it takes drops
 *
 * Reports have a source for each group, because groups are at different points of virtual time: positions and arrivals of a
 * source must both only rise. Depends on the schema registry for the schema of reports.
 */
import { fingerprintOfSchema } from '../../../schemas/avro/registry.js'
import { SCHEMA_JSON } from '../../../schemas/generated/schemas.js'
import type { SourceDeclaration } from '../../../schemas/generated/types.js'
import { FILE_FAULT_STREAM } from '../../ports.js'
import { DROP_STREAMS, type DropStream } from '../sources/drop-folder.js'

export interface FileSourceInfo {
  /** Path below the input folder, with `/`. */
  readonly path: string
  readonly stream: string
  /** Writer schema as JSON text. */
  readonly writerSchema: string
}

export class SourceNumbers {
  readonly declarations: readonly SourceDeclaration[]
  readonly #files: number
  readonly #venues: readonly string[]
  readonly #faults: number

  /** @param groupIds sorted groups that have venues @param venueIds sorted */
  constructor(
    files: readonly FileSourceInfo[],
    groupIds: readonly string[],
    venueIds: readonly string[],
    takesDrops = false,
  ) {
    this.#files = files.length
    this.#venues = venueIds
    this.#faults = files.length + groupIds.length * venueIds.length
    const declared: Omit<SourceDeclaration, 'source'>[] = files.map(({ stream, path, writerSchema }) =>
      declarationOf(stream, path, writerSchema),
    )
    for (const groupId of groupIds)
      for (const venueId of venueIds)
        declared.push(declarationOf('execution', `venue:${venueId}/${groupId}`, SCHEMA_JSON.execution))
    for (const { path } of files) declared.push(declarationOf(FILE_FAULT_STREAM, path, '"bytes"'))
    if (takesDrops)
      for (const stream of DROP_STREAMS)
        declared.push(declarationOf(stream, `drop:${stream}`, SCHEMA_JSON[stream]))
    this.declarations = declared.map((declaration, source) => ({ source, ...declaration }))
  }

  /** Source of the reports of a venue on a group; undefined for a venue that is not connected. */
  ofReports(groupIndex: number, venueId: string): number | undefined {
    const venue = this.#venues.indexOf(venueId)
    return venue < 0 ? undefined : this.#files + groupIndex * this.#venues.length + venue
  }

  isReport(source: number): boolean {
    return source >= this.#files && source < this.#faults
  }

  /** Source of the faults of a file. */
  ofFaults(file: number): number {
    return this.#faults + file
  }

  /** Source of what people drop in; only where drops are taken. */
  ofDrops(stream: DropStream): number {
    return this.#faults + this.#files + DROP_STREAMS.indexOf(stream)
  }
}

function declarationOf(
  stream: string,
  name: string,
  writerSchema: string,
): Omit<SourceDeclaration, 'source'> {
  return { stream, name, writerSchema, fingerprint: fingerprintOfSchema(writerSchema) }
}
