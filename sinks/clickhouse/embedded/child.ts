/**
 * The process that holds the ClickHouse engine. Started by `process.ts` with an IPC channel; never imported.
 *
 * The engine's library keeps the entry point of clickhouse-local, `query_stable_v2(argc, argv)`. Its one
 * query starts the HTTP listener and then sleeps for ever, which makes it a server. The call blocks, so it
 * runs on a thread of its own and this one stays free to notice that the parent is gone.
 *
 * A lost IPC channel means a lost parent: the process kills itself at once. That is safe at any moment,
 * because acknowledged inserts are in files and the projector repeats the others.
 * Depends on ffi-rs (other foreign-function packages run the call on a stack that the engine refuses).
 */
import { DataType, load, open } from 'ffi-rs'

const [library, httpPort, configuration, store] = process.argv.slice(2)

const SERVE_QUERY = [
  'SYSTEM START LISTEN HTTP',
  'SELECT sleepEachRow(3) FROM system.numbers SETTINGS max_block_size = 1, ' +
    'function_sleep_max_microseconds_per_block = 0 FORMAT Null',
].join('; ')

function dieWithParent(): void {
  process.kill(process.pid, 'SIGKILL')
}

async function serve(): Promise<void> {
  process.on('disconnect', dieWithParent)
  if (process.connected !== true) dieWithParent()
  open({ library: 'engine', path: library })
  const argv = [
    'clickhouse',
    `--config-file=${configuration}`,
    `--http_port=${httpPort}`,
    '--listen_host=127.0.0.1',
    `--path=${store}`,
    '--multiquery',
    '--query',
    SERVE_QUERY,
  ]
  await load({
    library: 'engine',
    funcName: 'query_stable_v2',
    retType: DataType.External,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [argv.length, argv],
    runInNewThread: true,
  })
}

// The call returns only when the engine could not start or its listener was stopped: never a success.
serve().then(
  () => process.exit(1),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`, () => process.exit(1))
  },
)
