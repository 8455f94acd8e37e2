/** What every row of a record that came in says of where and when: columns that several tables have. Pure. */
export interface InputPlace {
  groupId: string
  cycle: number
  inputIndex: number
  sourceName: string
  position: number
  disposition: string
  closedAt: number
  sequence: number
}

/** The place alone of a row that has more. */
export function placeOf(row: InputPlace): InputPlace {
  const { groupId, cycle, inputIndex, sourceName, position, disposition, closedAt, sequence } = row
  return { groupId, cycle, inputIndex, sourceName, position, disposition, closedAt, sequence }
}
