/**
 * Three commands to paste after a day, with ids of what really happened in it. Depends on the projection's queries.
 */

import type { RunReport } from '../pipeline/runtime/engine.js'
import { Analyst } from '../sinks/clickhouse/queries/analyst.js'
import { connect } from '../sinks/clickhouse/target.js'
import type { Projection } from './projection.js'
import { shellWord } from './shell.js'

interface Example {
  readonly decision_id: string
  readonly instruction_id: string
}

/**
 * Empty when there is nothing to show: no ClickHouse, or a day without an instruction.
 * `dataDir` is undefined when it is the default of the commands.
 */
export async function nextCommands(
  projection: Projection | undefined,
  report: RunReport,
  dataDir: string | undefined,
): Promise<string[]> {
  if (projection === undefined || report.instructions.total === 0) return []
  const client = connect(projection.target.analyst())
  try {
    const [example] = await new Analyst(client).rows<Example>(LARGEST_PLAN)
    if (example === undefined) return []
    const where = dataDir === undefined ? '' : ` --data-dir ${shellWord(dataDir)}`
    const { decision_id: decision, instruction_id: instruction } = example
    return [
      `npx weir explain ${decision}${where}`,
      `npx weir lineage ${instruction}${where}`,
      `npx weir sql "SELECT event_time, state, reason_code FROM instruction_events WHERE instruction_id = '${instruction}'"${where}`,
    ]
  } finally {
    await client.close()
  }
}

/** The decision with most legs, where there is most to explain; ids break ties, so that a day shows the same ones. */
const LARGEST_PLAN = `
  SELECT toString(decision_id) AS decision_id, toString(min(instruction_id)) AS instruction_id
  FROM instructions
  GROUP BY decision_id
  ORDER BY count() DESC, decision_id
  LIMIT 1`
