import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { read, root } from './house/repository.js'

/** What is read of the compose file here; its whole syntax was checked against the specification (ADR 60). */
interface Service {
  readonly image?: string
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

/** The places where a rule is broken, as one list for the message. */
function broken(rule: (service: Service) => readonly string[]): string[] {
  return services.flatMap(([name, service]) => rule(service).map((what) => `${name}: ${what}`))
}

test('the compose file has all servers that Weir works with', () => {
  assert.deepEqual(Object.keys(document.services).sort(), [
    'clickhouse',
    'grafana',
    'kafka',
    'prometheus',
    'registry',
    'weir',
  ])
})

test('every port is published on loopback only, and no two services want the same', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? [])
  assert.ok(ports.length >= services.length)
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

test('what a service waits for exists and has a health check', () => {
  assert.deepEqual(
    broken(({ depends_on = {} }) =>
      Object.entries(depends_on)
        .filter(([name, { condition }]) => {
          const target = document.services[name]
          return condition !== 'service_healthy' || target?.healthcheck === undefined
        })
        .map(([name]) => name),
    ),
    [],
  )
  assert.deepEqual(
    broken(({ healthcheck }) => (healthcheck?.test[0] === 'CMD' ? [] : ['no health check'])),
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
