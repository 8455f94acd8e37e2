/**
 * Eligibility rules as a small typed tree: the part of CEL that a policy may use, checked name by name and type by type.
 *
 *   allow  := bool
 *   bool   := bool && bool | bool || bool | !bool | bool ? bool : bool | true | false
 *           | int (< <= > >= == !=) int | string (== !=) string | bool (== !=) bool
 *           | int in [int, ...] | string in [string, ...]
 *           | string.startsWith("x") | string.endsWith("x") | string.contains("x")
 *   int    := name | literal | -literal | int (+ - *) int | int (/ %) positive literal | bool ? int : int
 *   string := name | literal | bool ? string : string
 *
 * Left out on purpose: regular expressions (unbounded time), macros (loops), doubles (no money is one), the order of strings
 * (evaluators differ outside ASCII), negation and division of what is not written (the evaluators differ at -2^63). Every
 * list and literal is written out, so a rule can be reasoned about (`rule-implication.ts`).
 * Pure; depends on the syntax tree of `@marcbachmann/cel-js` and on `rule-facts.ts`.
 */
import type { ASTNode } from '@marcbachmann/cel-js'
import { nearestKey } from './nearest-key.js'
import { RULE_VARIABLES, type RuleType } from './rule-facts.js'

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>='
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
export type TextMethod = 'startsWith' | 'endsWith' | 'contains'
export type RuleConstant = bigint | string | boolean

/** A checked expression; `type` is what it evaluates to. */
export type RuleExpression = { readonly type: RuleType } & (
  | { readonly op: 'constant'; readonly value: RuleConstant }
  | { readonly op: 'variable'; readonly name: string }
  | { readonly op: 'not'; readonly of: RuleExpression }
  /** Flattened: `a && b && c` has three parts. */
  | { readonly op: 'and' | 'or'; readonly parts: readonly RuleExpression[] }
  | {
      readonly op: 'compare'
      readonly operator: CompareOperator
      readonly left: RuleExpression
      readonly right: RuleExpression
    }
  | { readonly op: 'in'; readonly item: RuleExpression; readonly list: readonly (bigint | string)[] }
  | {
      readonly op: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: RuleExpression
      readonly right: RuleExpression
    }
  | {
      readonly op: 'text'
      readonly method: TextMethod
      readonly of: RuleExpression
      readonly argument: string
    }
  | {
      readonly op: 'choose'
      readonly condition: RuleExpression
      readonly then: RuleExpression
      readonly otherwise: RuleExpression
    }
)

export const INT64_LEAST = -0x8000000000000000n
export const INT64_MOST = 0x7fffffffffffffffn

/** What is wrong in an expression, and where: an offset in characters from its begin. */
export class RuleMistake extends Error {
  constructor(
    message: string,
    readonly offset: number,
    readonly remedy: string,
  ) {
    super(message)
  }
}

/** Characters of an expression quoted in a message. */
const QUOTED = 40

const TYPES: ReadonlyMap<string, 'int' | 'string'> = new Map(
  RULE_VARIABLES.map(({ name, type }) => [name, type]),
)
const ROOTS: ReadonlySet<string> = new Set(RULE_VARIABLES.map(({ name }) => name.split('.', 1)[0]))

/**
 * Converts and checks a parsed expression. Its size and depth were bounded by the parser, so recursion is.
 *
 * @throws RuleMistake for anything outside the part of CEL above
 */
export function readExpression(node: ASTNode): RuleExpression {
  switch (node.op) {
    case 'value':
      return readConstant(node, node.args)
    case 'id':
    case '.':
      return readVariable(node)
    case '!_':
      return { op: 'not', type: 'bool', of: readAs('bool', node.args) }
    case '-_':
      return readNegative(node, node.args)
    case '&&':
    case '||': {
      const parts = flatten(node, node.op).map((part) => readAs('bool', part))
      return { op: node.op === '&&' ? 'and' : 'or', type: 'bool', parts }
    }
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return readComparison(node, node.op, node.args)
    case 'in':
      return readMembership(node.args)
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return readArithmetic(node.op, node.args)
    case 'rcall':
      return readCall(node, node.args)
    case '?:':
      return readChoice(node.args)
    default:
      throw outside(node)
  }
}

/** The same, of one type. */
export function readAs(type: RuleType, node: ASTNode): RuleExpression {
  const expression = readExpression(node)
  if (expression.type === type) return expression
  throw new RuleMistake(
    `'${quote(node)}' is of type ${expression.type}, not ${type}`,
    node.start,
    'compare it, or correct the operator; there is no conversion between types',
  )
}

function readConstant(node: ASTNode, value: unknown): RuleExpression {
  if (typeof value === 'bigint') return { op: 'constant', type: 'int', value: inRange(node, value) }
  if (typeof value === 'string') return { op: 'constant', type: 'string', value }
  if (typeof value === 'boolean') return { op: 'constant', type: 'bool', value }
  const what = typeof value === 'number' ? 'is no whole number' : 'is no int, string or bool'
  throw new RuleMistake(`'${quote(node)}' ${what}`, node.start, 'amounts are integers of minor units')
}

function inRange(node: ASTNode, value: bigint): bigint {
  if (value >= INT64_LEAST && value <= INT64_MOST) return value
  throw new RuleMistake(`'${quote(node)}' does not fit 64 bits`, node.start, 'write a smaller number')
}

function readNegative(node: ASTNode, of: ASTNode): RuleExpression {
  if (of.op === 'value' && typeof of.args === 'bigint') {
    return { op: 'constant', type: 'int', value: inRange(node, -inRange(of, of.args)) }
  }
  throw new RuleMistake(
    `'${quote(node)}': only a written number can be negative`,
    node.start,
    'write 0 - x, or turn the comparison round',
  )
}

function readVariable(node: ASTNode): RuleExpression {
  const name = nameOf(node)
  const type = name === undefined ? undefined : TYPES.get(name)
  if (name !== undefined && type !== undefined) return { op: 'variable', type, name }
  const written = name ?? quote(node)
  if (ROOTS.has(written)) {
    const fields = [...TYPES.keys()].filter((known) => known.startsWith(`${written}.`))
    throw new RuleMistake(`'${written}' is a record, not a value`, node.start, `use ${fields.join(', ')}`)
  }
  const nearest = nearestKey(written, [...TYPES.keys()])
  throw new RuleMistake(
    `unknown name '${written.slice(0, QUOTED)}'`,
    node.start,
    nearest === undefined ? 'docs/policy.md lists the names' : `did you mean '${nearest}'?`,
  )
}

/** `move.kind` for a field of a root; undefined for a field of anything else. */
function nameOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args
  if (node.op !== '.' || node.args[0].op !== 'id') return undefined
  return `${node.args[0].args}.${node.args[1]}`
}

/** Parts of a chain of one operator, from left to right, without recursion along the chain. */
function flatten(node: ASTNode, op: '&&' | '||'): ASTNode[] {
  const parts: ASTNode[] = []
  const open: ASTNode[] = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.op === op) open.push(next.args[1], next.args[0])
    else parts.push(next)
  }
  return parts
}

function readComparison(
  node: ASTNode,
  operator: CompareOperator,
  args: readonly [ASTNode, ASTNode],
): RuleExpression {
  const left = readExpression(args[0])
  const right = readAs(left.type, args[1])
  if (left.type !== 'int' && operator !== '==' && operator !== '!=') {
    const remedy = 'compare strings and booleans with == or != only'
    throw new RuleMistake(`'${operator}' is not defined for ${left.type}`, node.start, remedy)
  }
  return { op: 'compare', type: 'bool', operator, left, right }
}

function readMembership([itemNode, listNode]: readonly [ASTNode, ASTNode]): RuleExpression {
  const item = readExpression(itemNode)
  const remedy = 'write the values out: x in ["a", "b"]'
  if (item.type === 'bool') throw new RuleMistake("'in' is not defined for bool", itemNode.start, remedy)
  if (listNode.op !== 'list' || listNode.args.length === 0) {
    throw new RuleMistake("'in' needs a list that is not empty", listNode.start, remedy)
  }
  const list = listNode.args.map((element) => {
    const constant = readAs(item.type, element)
    if (constant.op === 'constant') return constant.value as bigint | string
    throw new RuleMistake(`'${quote(element)}' is no written value`, element.start, remedy)
  })
  return { op: 'in', type: 'bool', item, list }
}

function readArithmetic(operator: ArithmeticOperator, args: readonly [ASTNode, ASTNode]): RuleExpression {
  const left = readAs('int', args[0])
  const right = readAs('int', args[1])
  const divides = operator === '/' || operator === '%'
  if (divides && !(right.op === 'constant' && (right.value as bigint) > 0n)) {
    throw new RuleMistake(
      `'${quote(args[1])}' divides and is no written number above 0`,
      args[1].start,
      'multiply the other side instead',
    )
  }
  return { op: 'arithmetic', type: 'int', operator, left, right }
}

function readCall(
  node: ASTNode,
  [method, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
): RuleExpression {
  if (method !== 'startsWith' && method !== 'endsWith' && method !== 'contains') throw outside(node)
  const of = readAs('string', receiver)
  const argument = args.length === 1 ? readAs('string', args[0]) : undefined
  if (argument?.op === 'constant')
    return { op: 'text', type: 'bool', method, of, argument: argument.value as string }
  throw new RuleMistake(`${method} needs one written string`, node.start, `write x.${method}("a")`)
}

function readChoice([conditionNode, thenNode, otherwiseNode]: readonly ASTNode[]): RuleExpression {
  const condition = readAs('bool', conditionNode)
  const then = readExpression(thenNode)
  const otherwise = readAs(then.type, otherwiseNode)
  return { op: 'choose', type: then.type, condition, then, otherwise }
}

function outside(node: ASTNode): RuleMistake {
  const remedy = 'docs/policy.md lists what a rule may use'
  return new RuleMistake(`'${quote(node)}' is outside of what a rule may use`, node.start, remedy)
}

function quote(node: ASTNode): string {
  const text = node.input.slice(node.start, node.end).replace(/\s+/g, ' ')
  return text.length <= QUOTED ? text : `${text.slice(0, QUOTED - 1)}…`
}

/** Parts of an expression, of any type. */
export function childrenOf(expression: RuleExpression): readonly RuleExpression[] {
  switch (expression.op) {
    case 'compare':
    case 'arithmetic':
      return [expression.left, expression.right]
    case 'in':
      return [expression.item]
    case 'text':
      return [expression.of]
    default:
      return booleanParts(expression)
  }
}

/** Parts of what is made of booleans; none for a leaf. */
export function booleanParts(expression: RuleExpression): readonly RuleExpression[] {
  switch (expression.op) {
    case 'not':
      return [expression.of]
    case 'and':
    case 'or':
      return expression.parts
    case 'choose':
      return [expression.condition, expression.then, expression.otherwise]
    case 'compare':
      return [expression.left, expression.right]
    default:
      return []
  }
}
