/**
 * What a busy stretch is compared with: the same files, read one after the other in one thread, balances in a map, and a
 * file that is made durable each few thousand records.
 *
 * The bare loop uses Weir's container reader and decoder and appends the bytes as they are: less cannot be done. The plain
 * loop uses avsc and JSON lines. Depends on the codecs and avsc.
 */
import { closeSync, fdatasyncSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import { FileBytes } from '../../pipeline/runtime/sources/file-bytes.js'
import { isFault, openContainer } from '../../schemas/avro/container.js'
import { CashMovementLane, decodeCashMovement } from '../../schemas/generated/codecs.js'
import type { CashMovement } from '../../schemas/generated/types.js'

/** As many as Weir reads in a turn. */
const RECORDS_A_COMMIT = 4_096

function moneyFiles(input: string): string[] {
  const folder = join(input, 'cash-movement')
  return readdirSync(folder).map((name) => join(folder, name))
}

/** Decodes, books and appends the payments; gives their number. */
export async function bareLoop(input: string, path: string): Promise<number> {
  const balances = new Map<string, number>()
  const slot = new Float64Array(64)
  const target = openSync(path, 'w')
  let records = 0
  for (const file of moneyFiles(input)) {
    const bytes = new FileBytes(file)
    const reader = openContainer(bytes)
    if (isFault(reader)) throw new Error(reader.detail)
    let sinceCommit = 0
    for (let block = reader.next(); block !== undefined; block = reader.next()) {
      let at = 0
      for (let left = block.recordCount; left > 0; left--) {
        at = decodeCashMovement(block.bytes, at, block.bytes.length, slot, 0)
        if (at < 0) throw new Error('a record of the stretch cannot be decoded')
        const [start, end] = [slot[CashMovementLane.accountId]!, slot[CashMovementLane.accountId + 1]!]
        const name = Buffer.from(block.bytes.buffer, block.bytes.byteOffset + start, end - start)
        const accountId = name.toString('latin1')
        balances.set(accountId, (balances.get(accountId) ?? 0) + slot[CashMovementLane.amountMinor]!)
      }
      writeSync(target, block.bytes)
      records += block.recordCount
      sinceCommit += block.recordCount
      if (sinceCommit < RECORDS_A_COMMIT) continue
      fdatasyncSync(target)
      sinceCommit = 0
    }
    bytes.close()
  }
  fdatasyncSync(target)
  closeSync(target)
  return records
}

/** The same with avsc's file decoder and a line of JSON for each payment. */
export async function plainLoop(input: string, path: string): Promise<number> {
  const balances = new Map<string, number>()
  const target = openSync(path, 'w')
  let records = 0
  for (const file of moneyFiles(input)) {
    let lines: string[] = []
    const commit = () => {
      writeSync(target, lines.join(''))
      fdatasyncSync(target)
      lines = []
    }
    for await (const value of avro.createFileDecoder(file)) {
      const { accountId, amountMinor } = value as CashMovement
      balances.set(accountId, (balances.get(accountId) ?? 0) + amountMinor)
      lines.push(`${JSON.stringify(value)}\n`)
      records++
      if (lines.length === RECORDS_A_COMMIT) commit()
    }
    commit()
  }
  closeSync(target)
  return records
}
