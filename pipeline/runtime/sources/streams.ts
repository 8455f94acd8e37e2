/**
 * Which streams may come from files. The others are what Weir itself writes. Depends on nothing.
 */

/** Input streams by folder name, as in docs/streams.md. */
export const INPUT_STREAMS = [
  'account',
  'balance-report',
  'calendar',
  'cash-movement',
  'collateral-asset',
  'collateral-valuation',
  'command',
  'counterparty',
  'execution',
  'expected-flow',
  'facility',
  'policy',
  'quote',
  'rail',
  'regulatory-constraint',
] as const

export type InputStream = (typeof INPUT_STREAMS)[number]

export function isInputStream(name: string): name is InputStream {
  return (INPUT_STREAMS as readonly string[]).includes(name)
}
