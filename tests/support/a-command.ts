/** A record of the command stream, for tests that need any record at all: it changes nothing. */
export const command = {
  commandId: Buffer.alloc(16, 1),
  groupId: 'NORD',
  sourceId: 'desk',
  sourceSequence: 0,
  eventTime: Date.UTC(2026, 2, 3, 6) * 1_000,
  kind: 'HOLD',
  subject: 'POOL',
  author: 'A. Person',
  reason: 'a test',
}
