/**
 * An eligibility rule: from its text to a function that says whether it allows a move.
 *
 * Whatever goes wrong denies: a rule allows when its evaluation gives `true` and nothing else. Text, tree and depth are
 * bounded before anything is evaluated, and the language has no loops (`rule-syntax.ts`), so an evaluation is at most one step a
 * node. Pure; depends on `@marcbachmann/cel-js`.
 */
import { TypeError as CelTypeError, Environment, ParseError } from '@marcbachmann/cel-js'
import { RULE_ROOTS, RULE_VARIABLES, type RuleFacts, type RuleType } from './rule-facts.js'
import { type RuleExpression, RuleMistake, readAs } from './rule-syntax.js'

export const RULE_LIMITS = {
  /** Characters of an expression: a screen of text. It also bounds the parser's recursion over `!!!...`. */
  characters: 2_048,
  /** Nodes of its tree; one evaluation visits each at most once. */
  nodes: 512,
  /** Nesting of parentheses, calls and choices. */
  depth: 24,
  /** Values of a written list. */
  list: 256,
} as const

/** A checked rule of a policy. */
export interface Rule {
  readonly expression: RuleExpression
  /** The expression without what does not matter: spaces, comments, superfluous parentheses, kind of quotes. */
  readonly normal: string
  /** True when the rule allows the move; false for every other result, an error included. Never throws. */
  readonly allows: (facts: RuleFacts) => boolean
}

const environment = makeEnvironment()

/**
 * Parses and checks an expression.
 *
 * @throws RuleMistake with the offset of the mistake in characters, for any text
 */
export function compileRule(text: string): Rule {
  if (text.length > RULE_LIMITS.characters) {
    const message = `the expression has ${text.length} characters, more than ${RULE_LIMITS.characters}`
    throw new RuleMistake(message, 0, 'split it into several rules; all of them must allow')
  }
  const { expression, evaluate } = parse(text)
  return {
    expression,
    normal: normalForm(expression),
    allows: (facts) => isTrue(() => evaluate(facts)),
  }
}

/** Anything but `true`, a throw and a promise included, is a denial. */
export function isTrue(evaluate: () => unknown): boolean {
  try {
    return evaluate() === true
  } catch {
    return false
  }
}

function parse(text: string): { expression: RuleExpression; evaluate: (facts: RuleFacts) => unknown } {
  try {
    const parsed = environment.parse(text)
    // Our own reading has better words for the same mistakes, so it goes first; the evaluator must agree.
    const expression = readAs('bool', parsed.ast)
    const checked = parsed.check()
    if (!checked.valid || checked.type !== 'bool') {
      throw checked.error ?? new RuleMistake(`the expression is of type ${checked.type}`, 0, REMEDY)
    }
    return { expression, evaluate: (facts: RuleFacts): unknown => parsed({ ...facts }) }
  } catch (error) {
    if (error instanceof RuleMistake) throw error
    if (!(error instanceof ParseError || error instanceof CelTypeError)) throw error
    const exceeded = error.code === 'limit_exceeded'
    const message = exceeded ? `the expression is too large: ${error.summary}` : error.summary
    throw new RuleMistake(message, error.range?.start ?? 0, REMEDY)
  }
}

const REMEDY = 'docs/policy.md shows what a rule may be'

/** The evaluator's environment: the documented names, no function beyond CEL's own, no undeclared name. */
function makeEnvironment(): Environment {
  const made = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: true,
    enableOptionalTypes: false,
    limits: {
      maxAstNodes: RULE_LIMITS.nodes,
      maxDepth: RULE_LIMITS.depth,
      maxListElements: RULE_LIMITS.list,
      maxMapEntries: 0,
      maxCallArguments: 2,
    },
  })
  const registered = new Set<string>()
  for (const [root, ctor] of Object.entries(RULE_ROOTS)) {
    const type = ctor.name
    if (!registered.has(type)) made.registerType(type, { ctor, fields: fieldsOf(root) })
    registered.add(type)
    made.registerVariable(root, type)
  }
  return made
}

function fieldsOf(root: string): Record<string, RuleType> {
  const prefix = `${root}.`
  const fields = RULE_VARIABLES.filter(({ name }) => name.startsWith(prefix))
  return Object.fromEntries(fields.map(({ name, type }) => [name.slice(prefix.length), type]))
}

/** Fully parenthesized text: two rules of the same form evaluate alike. */
export function normalForm(expression: RuleExpression): string {
  switch (expression.op) {
    case 'constant':
      return constantText(expression.value)
    case 'variable':
      return expression.name
    case 'not':
      return `!(${normalForm(expression.of)})`
    case 'and':
    case 'or':
      return `(${expression.parts.map(normalForm).join(expression.op === 'and' ? ' && ' : ' || ')})`
    case 'compare':
    case 'arithmetic':
      return `(${normalForm(expression.left)} ${expression.operator} ${normalForm(expression.right)})`
    case 'in':
      return `(${normalForm(expression.item)} in [${expression.list.map(constantText).join(', ')}])`
    case 'text':
      return `${normalForm(expression.of)}.${expression.method}(${constantText(expression.argument)})`
    case 'choose': {
      const { condition, then, otherwise } = expression
      return `(${normalForm(condition)} ? ${normalForm(then)} : ${normalForm(otherwise)})`
    }
  }
}

export function constantText(value: bigint | string | boolean): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
