/** Alerts, dashboard and documentation speak of metrics that an instance has, and of pages that exist. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import configurationSchema from '../cli/configuration.schema.json' with { type: 'json' }
import { InstanceMetrics } from '../pipeline/runtime/kafka/instance-metrics.js'
import { files, read, root } from './house/repository.js'

const names = new Set(new InstanceMetrics('test').names)

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

const rules = (
  parse(read('deploy/prometheus/weir-rules.yaml')) as {
    readonly groups: readonly { rules: readonly Rule[] }[]
  }
).groups.flatMap((group) => group.rules)

function metricsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\bweir_[a-z_]+/g)].map(([name]) => name))]
}

function isBalanced(expression: string): boolean {
  let depth = 0
  for (const sign of expression) {
    if (sign === '(') depth++
    else if (sign === ')') depth--
    if (depth < 0) return false
  }
  return depth === 0
}

test('each alert is about metrics that exist, and names a page of the runbook', () => {
  assert.ok(rules.length >= 8)
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const { alert, expr, labels, annotations } of rules) {
    const unknown = metricsIn(expr).filter((name) => !names.has(name))
    assert.deepEqual(unknown, [], alert)
    assert.ok(metricsIn(expr).length > 0 || expr.startsWith('up{job="weir"}'), alert)
    assert.ok(isBalanced(expr), alert)
    assert.match(labels.severity ?? '', /^(warning|critical)$/, alert)
    assert.ok(existsSync(join(root, annotations.runbook)), annotations.runbook)
    assert.ok(read(annotations.runbook).includes(`\`${alert}\``), `${annotations.runbook} tells of ${alert}`)
  }
})

test('Prometheus is given the rules', () => {
  const { rule_files } = parse(read('deploy/prometheus/prometheus.yaml')) as { rule_files: readonly string[] }
  for (const file of rule_files) {
    assert.ok(existsSync(join(root, 'deploy/prometheus', file)), file)
    assert.match(read('deploy/compose.yaml'), new RegExp(`prometheus/${file}:/etc/prometheus/${file}:ro`))
  }
})

test('each panel of the dashboard is about metrics that exist', () => {
  const dashboard = JSON.parse(read('deploy/grafana/provisioning/dashboards/weir-instances.json')) as {
    readonly panels: readonly {
      readonly title: string
      readonly datasource: { readonly uid: string }
      readonly targets: readonly { readonly expr: string }[]
    }[]
  }
  assert.ok(dashboard.panels.length >= 10)
  for (const { title, datasource, targets } of dashboard.panels) {
    assert.equal(datasource.uid, 'prometheus', title)
    for (const { expr } of targets) {
      assert.deepEqual(
        metricsIn(expr).filter((name) => !names.has(name)),
        [],
        title,
      )
      assert.ok(metricsIn(expr).length > 0 || expr.startsWith('process_'), title)
      assert.ok(isBalanced(expr), title)
    }
  }
})

test('every metric is documented, and no document speaks of another', () => {
  const table = read('docs/kafka.md')
  assert.deepEqual(
    [...names].filter((name) => !table.includes(`\`${name}\``)),
    [],
  )
  const documents = files('.md').filter(
    (path) => path === 'docs/kafka.md' || path.startsWith('docs/runbook/'),
  )
  assert.ok(documents.length >= 7)
  for (const path of documents)
    assert.deepEqual(
      metricsIn(read(path)).filter((name) => !names.has(name)),
      [],
      path,
    )
})

test('every page that an error or a notice names exists', () => {
  const sources = files('.ts').filter((path) => !path.endsWith('.test.ts'))
  const named = sources.flatMap((path) =>
    [...read(path).matchAll(/\bdocs\/[a-z/-]+\.md\b/g)].map(([page]) => ({ path, page })),
  )
  assert.ok(named.filter(({ page }) => page.startsWith('docs/runbook/')).length >= 6)
  assert.deepEqual(
    named.filter(({ page }) => !existsSync(join(root, page))),
    [],
  )
})

test('every setting of Kafka is in the guide', () => {
  const guide = read('docs/kafka.md')
  const { properties } = configurationSchema.properties.kafka as unknown as { properties: Keys }
  const missing = leavesOf(properties, []).filter(
    (path) => !guide.includes(`\`${path.join('.')}\``) && !guide.includes(`\`${path.at(-1)}\``),
  )
  assert.deepEqual(missing, [])
})

interface Keys {
  readonly [key: string]: { readonly properties?: Keys }
}

function leavesOf(keys: Keys, path: readonly string[]): string[][] {
  return Object.entries(keys).flatMap(([key, { properties }]) =>
    properties === undefined ? [[...path, key]] : leavesOf(properties, [...path, key]),
  )
}
