/**
 * The leaves of a rule as a proof sees them: which name is compared with which written values, and what is none of that.
 *
 * Pure; depends on `rule.ts`.
 */
import { constantText, normalForm } from './rule.js'
import { childrenOf, INT64_LEAST, INT64_MOST, type RuleExpression } from './rule-syntax.js'

export type Atom =
  | { readonly kind: 'int'; readonly name: string; readonly constants: readonly bigint[] }
  | {
      readonly kind: 'string'
      readonly name: string
      readonly constants: readonly string[]
      readonly question: string
    }
  | { readonly kind: 'opaque'; readonly key: string; readonly fails: boolean }

/** What a boolean leaf asks of which name; undefined for what is made of smaller booleans. */
export function atomOf(expression: RuleExpression): Atom | undefined {
  const opaque = (): Atom => ({ kind: 'opaque', key: normalForm(expression), fails: canFail(expression) })
  switch (expression.op) {
    case 'compare': {
      if (expression.left.type === 'bool') return undefined
      const sides = nameAndConstant(expression.left, expression.right)
      return sides === undefined ? opaque() : atom(sides.name, [sides.constant])
    }
    case 'in':
      return expression.item.op === 'variable' ? atom(expression.item.name, expression.list) : opaque()
    case 'text': {
      if (expression.of.op !== 'variable') return opaque()
      return { kind: 'string', name: expression.of.name, constants: [], question: question(expression) }
    }
    default:
      return undefined
  }
}

function atom(name: string, constants: readonly (bigint | string)[]): Atom {
  if (typeof constants[0] === 'bigint') return { kind: 'int', name, constants: constants as bigint[] }
  return { kind: 'string', name, constants: constants as string[], question: '' }
}

export const question = ({ method, argument }: { method: string; argument: string }) =>
  `${method}(${constantText(argument)})`

/** A name beside what has a fixed value; `turned` when the name is on the right. */
export function nameAndConstant(left: RuleExpression, right: RuleExpression) {
  if (left.op === 'variable') {
    const constant = fixedValue(right)
    return constant === undefined ? undefined : { name: left.name, constant, turned: false }
  }
  if (right.op !== 'variable') return undefined
  const constant = fixedValue(left)
  return constant === undefined ? undefined : { name: right.name, constant, turned: true }
}

/** Value of an int or string that reads no name; undefined when it reads one, chooses, or leaves the 64 bits. */
function fixedValue(expression: RuleExpression): bigint | string | undefined {
  if (expression.op === 'constant') return expression.value as bigint | string
  if (expression.op !== 'arithmetic') return undefined
  const left = fixedValue(expression.left)
  const right = fixedValue(expression.right)
  if (typeof left !== 'bigint' || typeof right !== 'bigint') return undefined
  const value = calculate(expression.operator, left, right)
  return value >= INT64_LEAST && value <= INT64_MOST ? value : undefined
}

/** Division truncates toward zero in CEL as in `bigint`; the divisor is a written number above 0. */
function calculate(operator: '+' | '-' | '*' | '/' | '%', left: bigint, right: bigint): bigint {
  if (operator === '+') return left + right
  if (operator === '-') return left - right
  if (operator === '*') return left * right
  return operator === '/' ? left / right : left % right
}

/** Only arithmetic can fail, by leaving the 64 bits. */
function canFail(expression: RuleExpression): boolean {
  return expression.op === 'arithmetic' || childrenOf(expression).some(canFail)
}
