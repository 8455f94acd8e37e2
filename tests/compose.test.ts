import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { loadConfiguration } from '../cli/configuration.js'
import { createProgram } from '../cli/program.js'
import { read, root } from './house/repository.js'

/** What is read of the compose file here; its whole syntax was checked against the specification (ADR 60). */
interface Service {
  readonly image?: string
  readonly command?: readonly string[]
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
}

const document = parse(read('deploy/compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}
const services = Object.entries(document.services)
/** Each is reached from outside. */
const SERVERS = ['kafka', 'registry', 'clickhouse', 'weir', 'standby', 'prometheus', 'grafana']

/** The places where a rule is broken, as one list for the message. */
function broken(rule: (service: Service) => readonly string[]): string[] {
  return services.flatMap(([name, service]) => rule(service).map((what) => `${name}: ${what}`))
}

test('the compose file has all servers that Weir works with', () => {
  assert.deepEqual(Object.keys(document.services).sort(), [
    'bank',
    'clickhouse',
    'grafana',
    'kafka',
    'projector',
    'prometheus',
    'registry',
    'standby',
    'topics',
    'weir',
  ])
})

test('every port is published on loopback only, and no two services want the same', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? [])
  assert.ok(ports.length >= SERVERS.length)
  assert.deepEqual(
    ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port)),
    [],
  )
  const published = ports.map((port) => port.split(':')[1])
  assert.equal(new Set(published).size, published.length)
})

test('every image is pinned to a full version', () => {
  const unpinned = (image: string | undefined) =>
    !/^[a-z][a-z0-9/-]*:v?\d+(\.\d+){2,}(\.Final)?$/.test(image ?? '')
  assert.deepEqual(
    broken(({ image }) => (unpinned(image) ? [image ?? 'no image'] : [])),
    [],
  )
  const bases = [...read('deploy/Dockerfile').matchAll(/^FROM (\S+)/gm)].map((match) => match[1] ?? '')
  assert.ok(bases.length > 0)
  assert.deepEqual(
    bases.filter((base) => !/^node:\d+\.\d+\.\d+-/.test(base)),
    [],
  )
})

test('the versions are those of the parts without containers', () => {
  const kafka = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
    read('deploy/kafka/pom.xml'),
  )?.[1]
  const registry = /REGISTRY_VERSION = '([^']+)'/.exec(read('deploy/kafka/parts.mjs'))?.[1]
  assert.equal(document.services.kafka?.image, `apache/kafka:${kafka}`)
  assert.equal(document.services.registry?.image?.split(':')[1], registry)
})

/** Services that end by themselves; whoever waits for one waits for its end. */
const ENDING = new Set(['topics'])

test('what a service waits for exists and has a health check, or ends', () => {
  assert.deepEqual(
    broken(({ depends_on = {} }) =>
      Object.entries(depends_on)
        .filter(([name, { condition }]) => {
          const target = document.services[name]
          return ENDING.has(name)
            ? condition !== 'service_completed_successfully'
            : condition !== 'service_healthy' || target?.healthcheck === undefined
        })
        .map(([name]) => name),
    ),
    [],
  )
  assert.deepEqual(
    services
      .filter(([name, { healthcheck }]) => !ENDING.has(name) && healthcheck?.test[0] !== 'CMD')
      .map(([name]) => name),
    [],
  )
})

test('volumes, secrets and mounted files exist', () => {
  const unknown = (service: Service): string[] => [
    ...(service.secrets ?? []).filter((name) => document.secrets[name] === undefined),
    ...(service.volumes ?? [])
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((source) =>
        source.startsWith('.') ? !existsSync(join(root, 'deploy', source)) : !(source in document.volumes),
      ),
    ...(service.build === undefined || existsSync(join(root, service.build.dockerfile))
      ? []
      : ['no Dockerfile']),
  ]
  assert.deepEqual(broken(unknown), [])
})

test('no password stands in the file: they come from files that are not in the repository', () => {
  const inline = ({ environment = {} }: Service): string[] =>
    Object.entries(environment)
      .filter(([name, value]) => /PASSWORD|SECRET|TOKEN/.test(name) && !value.startsWith('/run/secrets/'))
      .map(([name]) => name)
  assert.deepEqual(broken(inline), [])
  assert.ok(Object.values(document.secrets).every(({ file }) => file.startsWith('./secrets/')))
  assert.match(read('.gitignore'), /^deploy\/secrets\/$/m)
  assert.match(read('deploy/Dockerfile.dockerignore'), /^deploy\/secrets$/m)
})

test('what the containers of Weir run are commands of Weir, and their configuration is one', async () => {
  const commands = services
    .filter(([, { image }]) => image?.startsWith('weir:'))
    .map(([name, { command = [] }]) => ({ name, words: command.filter((word) => !word.startsWith('/')) }))
  assert.ok(commands.length >= 4)
  const program = await createProgram()
  const known = program.commands.map((each) => each.name())
  for (const { name, words } of commands)
    assert.ok(
      words.some((word) => known.includes(word)),
      name,
    )
  const { kafka, status } = loadConfiguration(join(root, 'deploy/weir.yaml'))
  assert.deepEqual(kafka?.bootstrapServers, ['kafka:19092'])
  assert.equal(
    status?.host,
    '0.0.0.0',
    'Prometheus and the health check of other containers come from outside',
  )
})

test('each instance is asked for its metrics, and its health is that of the instance', () => {
  const { scrape_configs: jobs } = parse(read('deploy/prometheus/prometheus.yaml')) as {
    readonly scrape_configs: readonly {
      readonly job_name: string
      readonly static_configs: readonly { readonly targets: readonly string[] }[]
    }[]
  }
  const asked = jobs.find(({ job_name }) => job_name === 'weir')?.static_configs[0]?.targets
  const instances = services.filter(([, { command }]) => command?.includes('run'))
  assert.deepEqual(
    instances.map(([name]) => `${name}:9464`),
    asked,
  )
  for (const [name, { healthcheck }] of instances)
    assert.match(healthcheck?.test.join(' ') ?? '', /:9464\/health/, name)
})
