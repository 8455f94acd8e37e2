/**
 * Proves that one rule allows nothing that another denies, by exhaustive search over a finite abstraction.
 *
 * A rule sees an integer only through comparisons with written numbers, and a string only through comparisons with written
 * strings; so the values fall into finitely many cells in which both rules behave alike:
 *
 *   int     constants 5, 9 cut all 64-bit integers into (.., 4] {5} [6, 8] {9} [10, ..); one value of each stands for its cell
 *   string  each written string is a cell; every other string is a cell for each combination of the startsWith, endsWith and
 *           contains that are asked of the name, possible or not
 *   opaque  what is not of that form (arithmetic over names, comparisons of names) is true, false or, with arithmetic in it,
 *           an error, independent of all else; the same text is the same in both rules
 *
 * Every real move lies in one of the cells, so what holds in all cells holds for all moves; cells that no move can reach only
 * make the proof fail more often. Truth has three values as in CEL: `false && error` is false, `true || error` is true.
 * Pure; depends on `rule-atoms.ts`.
 */
import { constantText, type Rule } from './rule.js'
import { atomOf, nameAndConstant, question } from './rule-atoms.js'
import {
  booleanParts,
  type CompareOperator,
  INT64_LEAST,
  INT64_MOST,
  type RuleExpression,
} from './rule-syntax.js'

/** Cells tried at most: about a second of work at the size that rules may have. */
export const MOST_CELLS = 65_536

type Truth = true | false | 'error'

/** One cell of one name: a value that stands for it, or any other string with the answers to what is asked of it. */
type Cell =
  | { readonly value: bigint | string }
  | { readonly answers: ReadonlySet<string> }
  | { readonly truth: Truth }

interface Dimension {
  readonly name: string
  readonly cells: readonly Cell[]
}

export interface Implication {
  readonly proven: boolean
  /** Cells that were looked at. */
  readonly cells: number
  /** Why it is not proven: a move, or the bound that was passed. Empty when it is. */
  readonly reason: string
}

/**
 * Whether every move that `stricter` allows is allowed by `looser`.
 *
 * @param mostCells where one budget is for several proofs, what is left of it
 */
export function implies(stricter: Rule, looser: Rule, mostCells = MOST_CELLS): Implication {
  const asked = new Asked()
  asked.collect(stricter.expression)
  asked.collect(looser.expression)
  const dimensions = asked.dimensions()
  const size = dimensions === undefined ? Infinity : sizeOf(dimensions)
  if (dimensions === undefined || size > mostCells) {
    const left = mostCells === MOST_CELLS ? '' : ` less ${MOST_CELLS - mostCells} of other rules`
    const reason = `it has more than ${MOST_CELLS} cases${left}; compare fewer names and values`
    return { proven: false, cells: 0, reason }
  }
  const strict = toTruth(stricter.expression, dimensions)
  const loose = toTruth(looser.expression, dimensions)
  const chosen: Cell[] = dimensions.map(({ cells }) => cells[0])
  for (let index = 0; index < size; index++) {
    choose(dimensions, index, chosen)
    if (strict(chosen) !== true || loose(chosen) === true) continue
    return { proven: false, cells: index + 1, reason: describe(dimensions, chosen) }
  }
  return { proven: true, cells: size, reason: '' }
}

function sizeOf(dimensions: readonly Dimension[]): number {
  // As doubles: a product beyond 2^53 is far above the bound, and stays so.
  return dimensions.reduce((size, { cells }) => size * cells.length, 1)
}

/** Cell number `index` in mixed radix, the first dimension fastest. */
function choose(dimensions: readonly Dimension[], index: number, chosen: Cell[]): void {
  let rest = index
  for (const [at, { cells }] of dimensions.entries()) {
    chosen[at] = cells[rest % cells.length]
    rest = Math.floor(rest / cells.length)
  }
}

/** What both rules ask of each name. */
class Asked {
  readonly #ints = new Map<string, Set<bigint>>()
  readonly #strings = new Map<string, { values: Set<string>; questions: Set<string> }>()
  /** Normal form of each opaque part, and whether it can be an error. */
  readonly #opaque = new Map<string, boolean>()

  collect(expression: RuleExpression): void {
    const atom = atomOf(expression)
    if (atom === undefined) {
      for (const part of booleanParts(expression)) this.collect(part)
    } else if (atom.kind === 'opaque') this.#opaque.set(atom.key, atom.fails)
    else if (atom.kind === 'int') {
      const cuts = this.#ints.get(atom.name) ?? new Set()
      this.#ints.set(atom.name, cuts)
      for (const constant of atom.constants) cuts.add(constant)
    } else {
      const of = this.#strings.get(atom.name) ?? { values: new Set(), questions: new Set() }
      this.#strings.set(atom.name, of)
      for (const constant of atom.constants) of.values.add(constant)
      if (atom.question !== '') of.questions.add(atom.question)
    }
  }

  /** Undefined when one of them alone passes the bound. */
  dimensions(): Dimension[] | undefined {
    const found: Dimension[] = []
    for (const [name, cuts] of this.#ints) found.push({ name, cells: intCells([...cuts]) })
    for (const [name, { values, questions }] of this.#strings) {
      if (2 ** questions.size + values.size > MOST_CELLS) return undefined
      found.push({ name, cells: stringCells([...values], [...questions]) })
    }
    for (const [name, fails] of this.#opaque) {
      const truths: Truth[] = fails ? [true, false, 'error'] : [true, false]
      found.push({ name, cells: truths.map((truth) => ({ truth })) })
    }
    return found
  }
}

function intCells(constants: bigint[]): Cell[] {
  const cuts = constants.sort((a, b) => (a < b ? -1 : 1))
  const values: bigint[] = []
  for (const [index, cut] of cuts.entries()) {
    if (index === 0 && cut > INT64_LEAST) values.push(cut - 1n)
    values.push(cut)
    const next = cuts[index + 1] ?? INT64_MOST + 1n
    if (next - cut > 1n) values.push(cut + 1n)
  }
  return values.map((value) => ({ value }))
}

function stringCells(values: readonly string[], questions: readonly string[]): Cell[] {
  const cells: Cell[] = values.map((value) => ({ value }))
  for (let mask = 0; mask < 2 ** questions.length; mask++) {
    cells.push({ answers: new Set(questions.filter((_, bit) => Math.floor(mask / 2 ** bit) % 2 === 1)) })
  }
  return cells
}

type Evaluator = (chosen: readonly Cell[]) => Truth

/** The rule over cells instead of moves. */
function toTruth(expression: RuleExpression, dimensions: readonly Dimension[]): Evaluator {
  const atom = atomOf(expression)
  if (atom !== undefined) {
    const name = atom.kind === 'opaque' ? atom.key : atom.name
    const at = dimensions.findIndex((dimension) => dimension.name === name)
    return (chosen) => answer(expression, chosen[at])
  }
  const parts = booleanParts(expression).map((part) => toTruth(part, dimensions))
  switch (expression.op) {
    case 'constant':
      return () => expression.value === true
    case 'not':
      return (chosen) => negated(parts[0](chosen))
    case 'and':
      return (chosen) => conjunction(parts, chosen)
    case 'or':
      return (chosen) => negated(conjunction(parts, chosen, negated))
    case 'choose':
      return (chosen) => {
        const condition = parts[0](chosen)
        return condition === 'error' ? 'error' : parts[condition ? 1 : 2](chosen)
      }
    default:
      return (chosen) => equality(expression.op === 'compare' && expression.operator === '==', parts, chosen)
  }
}

function negated(truth: Truth): Truth {
  return truth === 'error' ? 'error' : !truth
}

function conjunction(
  parts: readonly Evaluator[],
  chosen: readonly Cell[],
  map = (truth: Truth) => truth,
): Truth {
  let failed = false
  for (const part of parts) {
    const truth = map(part(chosen))
    if (truth === false) return false
    failed ||= truth === 'error'
  }
  return failed ? 'error' : true
}

function equality(equal: boolean, [left, right]: readonly Evaluator[], chosen: readonly Cell[]): Truth {
  const a = left(chosen)
  const b = right(chosen)
  return a === 'error' || b === 'error' ? 'error' : (a === b) === equal
}

/** What a leaf is in a cell. */
function answer(expression: RuleExpression, cell: Cell): Truth {
  if ('truth' in cell) return cell.truth
  const value = 'value' in cell ? cell.value : undefined
  switch (expression.op) {
    case 'in':
      return value !== undefined && expression.list.includes(value)
    case 'text':
      return 'answers' in cell
        ? cell.answers.has(question(expression))
        : asks(expression.method, value as string, expression.argument)
    case 'compare': {
      const { constant, turned } = nameAndConstant(expression.left, expression.right)!
      if (value === undefined) return expression.operator === '!='
      return turned
        ? compares(expression.operator, constant, value)
        : compares(expression.operator, value, constant)
    }
    default:
      return 'error'
  }
}

function asks(method: 'startsWith' | 'endsWith' | 'contains', value: string, argument: string): boolean {
  if (method === 'startsWith') return value.startsWith(argument)
  return method === 'endsWith' ? value.endsWith(argument) : value.includes(argument)
}

function compares(operator: CompareOperator, a: bigint | string, b: bigint | string): boolean {
  switch (operator) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

/** The cell as a move that the stricter rule would allow and the looser one would not. */
function describe(dimensions: readonly Dimension[], chosen: readonly Cell[]): string {
  const parts = dimensions.map(({ name }, at) => {
    const cell = chosen[at]
    if ('truth' in cell) return cell.truth === 'error' ? `${name} fails` : `${name} is ${cell.truth}`
    if ('value' in cell) return `${name} = ${constantText(cell.value)}`
    return `${name} is another text${cell.answers.size === 0 ? '' : ` with ${[...cell.answers].join(' and ')}`}`
  })
  return parts.length === 0 ? 'it allows every move' : `it allows a move with ${parts.join(', ')}`
}
