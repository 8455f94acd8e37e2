/**
 * `npm run chaos`: reads the flags, runs, reports; exit code 1 when an invariant is broken, and then data and logs are kept.
 * Depends on the run.
 */
import { parseArgs } from 'node:util'
import { Chaos, type ChaosReport } from './chaos.js'
import { FAULTS, type FaultKind, type TakeoverTime } from './faults.js'
import { Setting } from './setting.js'

const USAGE = `npm run chaos -- [--minutes N] [--seed TEXT] [--brokers 1|3] [--rate N] [--groups N] [--faults A,B] [--keep] [--json]
faults: ${FAULTS.join(' ')}`

const PARTITIONS = 4
const SESSION_TIMEOUT_MILLIS = 2_000
/** The slowest fate of the bank takes 12,000 s; a drain must not. */
const TIME_SCALE = 1_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: `${Date.now() % 100_000}` },
    brokers: { type: 'string', default: '3' },
    rate: { type: 'string', default: '40' },
    groups: { type: 'string', default: '8' },
    faults: { type: 'string', default: FAULTS.join(',') },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function number(flag: 'minutes' | 'rate' | 'groups', most: number): number {
  const value = Number(values[flag])
  if (value > 0 && value <= most) return value
  process.stderr.write(`chaos: --${flag} takes a number up to ${most}\n${USAGE}\n`)
  return process.exit(2)
}

function faults(): readonly FaultKind[] {
  const wanted = values.faults.split(',') as FaultKind[]
  const unknown = wanted.find((kind) => !FAULTS.includes(kind))
  if (unknown === undefined)
    return values.brokers === '3' ? wanted : wanted.filter((kind) => !kind.includes('broker'))
  process.stderr.write(`chaos: there is no fault '${unknown}'\n${USAGE}\n`)
  return process.exit(2)
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const tell = (text: string) => void process.stderr.write(`chaos: ${text}\n`)
  const { seed } = values
  const options = {
    minutes: number('minutes', 1_440),
    rate: number('rate', 5_000),
    groups: number('groups', 1_000),
  }
  const chosen = faults()
  tell(`seed ${seed}, ${options.minutes} minutes`)
  const setting = await Setting.open({
    brokers: values.brokers === '1' ? 1 : 3,
    partitions: PARTITIONS,
    sessionTimeoutMillis: SESSION_TIMEOUT_MILLIS,
    seed,
    timeScale: TIME_SCALE,
    projects: true,
    tell,
  })
  const interrupted = () => void setting.close().finally(() => process.exit(130))
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  const chaos = new Chaos(setting, { ...options, seed, faults: chosen, tell })
  let failed = true
  try {
    const report = await chaos.run()
    failed = report.failures.length > 0
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : describe(report))
  } finally {
    await chaos.close()
    await setting.close()
    if (failed || values.keep)
      tell(`logs and ledger: ${setting.folder}; brokers' data and logs: ${setting.clusterFolder}`)
    else setting.remove()
  }
  return failed ? 1 : 0
}

function describe({
  seed,
  faults: counts,
  takeovers,
  unexpectedEnds,
  drainSeconds,
  failures,
  audit,
}: ChaosReport): string {
  const { violations: _, ...facts } = audit
  return [
    `seed ${seed}`,
    `faults: ${Object.entries(counts)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}`,
    ...describeTakeovers(takeovers),
    `drained in ${drainSeconds} s`,
    `ended by themselves and started again: ${unexpectedEnds.map(({ name, code, signal }) => `${name} (${code ?? signal})`).join(', ') || 'none'}`,
    Object.entries(facts)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    failures.length === 0 ? 'every invariant holds' : `FAILED:\n  ${failures.join('\n  ')}`,
    '',
  ].join('\n')
}

/** By fault: after a kill of the owner alone it is Weir's own time, after the others also that of what else was broken. */
function describeTakeovers(takeovers: readonly TakeoverTime[]): string[] {
  return [...new Set(takeovers.map(({ fault }) => fault))].map((fault) => {
    const ofFault = takeovers.filter((each) => each.fault === fault)
    const times = ofFault.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
    const median = times[Math.floor(times.length / 2)]
    return `takeover after ${fault}, to the first committed cycle of another: ${times.length} partitions, median ${median} ms, longest ${times.at(-1)} ms`
  })
}

process.exitCode = await main()
