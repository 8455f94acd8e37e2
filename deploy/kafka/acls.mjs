/**
 * The least access rules of each of Weir's principals, from `acls.json`, and how docs/kafka-acls.md shows them.
 *
 * One source: the page is compared with what is made here, and the test on a secure cluster grants exactly these. Pure.
 */
import data from './acls.json' with { type: 'json' }

/**
 * @typedef {'all' | 'read' | 'write' | 'create' | 'describe' | 'alterConfigs'} Operation
 * @typedef {{ resource: 'topic' | 'group' | 'transactionalId', pattern: 'literal' | 'prefixed', names: string[],
 *   operations: Operation[], why: string }} Rule
 * @typedef {{ principal: string, does: string, rules: Rule[] }} Principal
 */

/** @returns {Principal[]} */
export function principals() {
  return /** @type {Principal[]} */ (data)
}

/** Rules as they are granted. @param {string} principal @param {readonly Rule[]} rules */
export function grantsOf(principal, rules) {
  return rules.flatMap(({ resource, pattern, names, operations }) =>
    names.flatMap((name) =>
      operations.map((operation) => ({ principal, resource, pattern, name, operation })),
    ),
  )
}

/** The names that Kafka's own tools use. */
const words = { topic: 'Topic', group: 'Group', transactionalId: 'TransactionalId' }
const flags = { topic: '--topic', group: '--group', transactionalId: '--transactional-id' }

/** @param {readonly Principal[]} all @returns {string} a table in Markdown */
export function aclTable(all) {
  const rows = all.flatMap(({ principal, does, rules }) =>
    rules.map(({ resource, pattern, names, operations, why }, index) => {
      const who = index === 0 ? `**\`${principal}\`**: ${does}` : ''
      const what = `${words[resource]}${pattern === 'prefixed' ? ', prefix' : ''}: ${names.map((name) => `\`${name}\``).join(', ')}`
      return `| ${who} | ${operations.map(wordOf).join(', ')} | ${what} | ${why} |`
    }),
  )
  return ['| principal | may | on | for |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** @param {readonly Principal[]} all @returns {string} lines of a shell */
export function aclCommands(all) {
  return all
    .map(({ principal, rules }) => rules.map((rule) => commandOf(principal, rule)).join('\n'))
    .join('\n\n')
}

/** @param {string} principal @param {Rule} rule */
function commandOf(principal, { resource, pattern, names, operations }) {
  const what = names.map((name) => `${flags[resource]} ${name}`).join(' ')
  const may = operations.map((operation) => `--operation ${wordOf(operation)}`).join(' ')
  const prefixed = pattern === 'prefixed' ? ' --resource-pattern-type prefixed' : ''
  return `acl --add --allow-principal User:${principal} ${may} ${what}${prefixed}`
}

/** @param {Operation} operation */
function wordOf(operation) {
  return operation[0]?.toUpperCase() + operation.slice(1)
}
