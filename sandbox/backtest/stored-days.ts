/**
 * The days of a run as its journal has them, for one group. The journal must not be written meanwhile.
 *
 * It is read twice: first for the sources and the policy that was in force at the end, then cycle by cycle. Depends on the journal's reader.
 */
import { join } from 'node:path'
import { WeirError } from '../../pipeline/errors.js'
import { sha256, toHex } from '../../pipeline/identity.js'
import type { PricingPolicy } from '../../pipeline/ports.js'
import { readRunFile } from '../../pipeline/runtime/engine/run-file.js'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'
import type { Cycle, Policy, SourceDeclaration } from '../../schemas/generated/types.js'
import { recordReader } from '../../sinks/journal/record-reader.js'
import type { ReplayedCycle, ReplaySource } from './replay-source.js'

/** The seed of runs that name none. */
const USUAL_SEED = 7

/**
 * @param entries of the journal: it must be whole up to there
 * @throws WeirError WEIR_NOT_FOUND when the run has no such group, or no policy that decided for it
 */
export async function storedDays(dataDir: string, groupId: string, entries: number): Promise<ReplaySource> {
  const run = await readRunFile(dataDir)
  if (run === undefined)
    throw missing(dataDir, 'there is no run in this data directory', 'give that of a run')
  if (!run.groups.includes(groupId))
    throw missing(dataDir, `the run has no group ${groupId}`, `its groups are ${run.groups.join(', ')}`)
  const journal = join(dataDir, 'journal')
  const { declarations, inForce } = await survey(journal, groupId, entries)
  if (inForce === undefined)
    throw missing(
      dataDir,
      `no policy decided for ${groupId} in this run`,
      'give a run with decisions of the group',
    )
  return {
    name: `the days stored in ${dataDir}`,
    groupId,
    inForce,
    declarations,
    bankSeed: run.settings.bankSeed ?? USUAL_SEED,
    cycles: () => cyclesOf(journal, groupId, entries),
  }
}

interface Survey {
  readonly declarations: readonly SourceDeclaration[]
  readonly inForce: PricingPolicy | undefined
}

async function survey(journal: string, groupId: string, entries: number): Promise<Survey> {
  const declarations: SourceDeclaration[] = []
  const readers = new Map<number, (payload: Uint8Array) => Policy | undefined>()
  const documents = new Map<string, PricingPolicy>()
  let decidedBy = ''
  for await (const batch of readJournal(journal, 0, entries)) {
    for (const entry of batch) {
      const body = entry.decode()
      if ('weir.SourceDeclaration' in body) {
        const declaration = body['weir.SourceDeclaration']
        declarations.push(declaration)
        if (declaration.stream === 'policy')
          readers.set(declaration.source, recordReader('policy', declaration.writerSchema))
      } else if ('weir.Cycle' in body) {
        const cycle = body['weir.Cycle']
        if (cycle.groupId === groupId) keepDocuments(cycle, readers, documents)
      } else if ('weir.CycleResult' in body) {
        const { groupId: group, decisions } = body['weir.CycleResult']
        const decision = group === groupId ? decisions.find(({ arm }) => arm === '') : undefined
        if (decision !== undefined) decidedBy = toHex(decision.policyDigest)
      }
    }
  }
  return { declarations, inForce: documents.get(decidedBy) }
}

function keepDocuments(
  { inputs }: Cycle,
  readers: ReadonlyMap<number, (payload: Uint8Array) => Policy | undefined>,
  documents: Map<string, PricingPolicy>,
): void {
  for (const { source, payload } of inputs) {
    const record = readers.get(source)?.(payload)
    if (record === undefined) continue
    const { policyId, version, document } = record
    const digestHex = toHex(sha256(Buffer.from(document, 'utf8')))
    documents.set(digestHex, { policyId, version, digestHex, document })
  }
}

async function* cyclesOf(
  journal: string,
  groupId: string,
  entries: number,
): AsyncGenerator<ReplayedCycle, void, void> {
  const waiting: Cycle[] = []
  for await (const batch of readJournal(journal, 0, entries)) {
    for (const entry of batch) {
      const body = entry.decode()
      if ('weir.Cycle' in body && body['weir.Cycle'].groupId === groupId) waiting.push(body['weir.Cycle'])
      else if ('weir.CycleResult' in body && body['weir.CycleResult'].groupId === groupId) {
        const { cycle: number, decisionDigest } = body['weir.CycleResult']
        const cycle = waiting.shift()
        if (cycle?.cycle !== number)
          throw new WeirError('WEIR_JOURNAL', `a result of cycle ${number} without its cycle`, {
            place: `${journal}, entry ${entry.sequence}`,
            remedy: 'run `weir replay` on the data directory: it checks the journal',
          })
        yield { cycle, decisionDigest }
      }
    }
  }
  // A run that was cut off owes the last results.
  for (const cycle of waiting) yield { cycle, decisionDigest: undefined }
}

function missing(place: string, message: string, remedy: string): WeirError {
  return new WeirError('WEIR_NOT_FOUND', message, { place, remedy })
}
