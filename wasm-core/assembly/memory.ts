/**
 * Where everything lies in linear memory. `reserve` lays all arrays out for one model and is the only
 * place where memory grows. Depends on access.ts and tolerances.ts.
 *
 *   0            __heap_base                                                     memory end
 *   | static data | model | derived | iterate | basis | factor | etas | work | answer |
 *
 * Sizes: m rows, n columns, z nonzeros, N = n + m variables. A *variable* is a column (0..n-1) or the
 * activity of a row (n..n+m-1, the row's logical), so that "A x - r = 0" holds for all of them and a
 * side of a row is a bound of its logical. Arrays over variables hold columns first, then rows.
 *
 *   model    columnStart i32[n+1]  rowIndex i32[z]  value f64[z]  cost f64[n]  lower f64[N]  upper f64[N]      written by the host
 *   derived  scaledValue f64[z]  scale unscale f64[N]  rowStart i32[m+1]  rowColumn i32[z]  rowValue f64[z]  priceWeight f64[N]
 *            pairRow i32[2n]  pairValue f64[2n]  longColumns i32[n]
 *   iterate  workLower workUpper workCost x reduced f64[N]   status u8[N]  move f64[N]
 *   basis    head i32[m] (position -> variable; a position is a row)  positionOf i32[N] (its inverse, for basic variables)
 *   factor   by position, row or slot, see factor.ts, factor-store.ts, markowitz.ts      P = poolSize, K = ETA_LIMIT
 *   etas     etaStart i32[K+1]  etaPosition i32[K]  etaIndex i32[P]  etaValue f64[P]
 *   pools    of P places each: L twice, U twice, row etas, the kernel's active part; touched as far as a basis needs them
 *   work     vectors of m and N elements, named below
 *   changes  changed i32[N]  changeKind u8[N]  shifted i32[N]  isShifted u8[N]
 *   answer   answerPrimal f64[N]  answerDual f64[N]  ray f64[N]  basis u8[N]                                 read by the host
 *
 * The host finds what it shares through the directory, 16 words of static data:
 *   0 columnStart  1 rowIndex  2 value  3 cost  4 lower  5 upper  6 answerPrimal  7 answerDual  8 ray  9 basis  10 status
 */
import { setI32 } from './access'
import { ETA_LIMIT, MAX_COLUMNS, MAX_NONZEROS, MAX_ROWS, POOL_NONZEROS, POOL_PER_NONZERO, POOL_PER_ROW } from './tolerances'

export const directory: usize = memory.data(64, 8)

export let rows: i32 = 0
export let columns: i32 = 0
export let nonzeros: i32 = 0
/** columns + rows */
export let variables: i32 = 0

export let columnStart: usize = 0
export let rowIndex: usize = 0
export let value: usize = 0
export let cost: usize = 0
export let lower: usize = 0
export let upper: usize = 0

export let scaledValue: usize = 0
export let scale: usize = 0
/** 1 / scale, exact: factors are powers of two. */
export let unscale: usize = 0
export let rowStart: usize = 0
export let rowColumn: usize = 0
export let rowValue: usize = 0
export let priceWeight: usize = 0
/** First two entries of each column, rows and scaled values, 0 where there are fewer: i32[2n], f64[2n]; and which columns have more. */
export let pairRow: usize = 0
export let pairValue: usize = 0
export let longColumns: usize = 0

export let workLower: usize = 0
export let workUpper: usize = 0
export let workCost: usize = 0
export let x: usize = 0
export let reduced: usize = 0
export let status: usize = 0
/** Which way a nonbasic variable may go: 1 up, -1 down, 2 both (free), 0 not at all (fixed, or basic). */
export let move: usize = 0

export let head: usize = 0
export let positionOf: usize = 0

export let factorHead: usize = 0
/** Pivots of U from first to last, by slot: i32[m + K]; -1 where an update took one out. */
export let order: usize = 0
export let slotOf: usize = 0
export let upperPivot: usize = 0
/** 1 / upperPivot. */
export let upperInverse: usize = 0
export let upperColumnStart: usize = 0
export let upperColumnLength: usize = 0
export let upperRowStart: usize = 0
export let upperRowLength: usize = 0
export let upperRowRoom: usize = 0
export let columnPoolIndex: usize = 0
export let columnPoolValue: usize = 0
export let rowPoolIndex: usize = 0
export let rowPoolValue: usize = 0
export let lowerRow: usize = 0
export let lowerStart: usize = 0
export let lowerIndex: usize = 0
export let lowerValue: usize = 0
/** L by the row of its pivot: where the eta of a row starts, and its length (0 without). */
export let lowerStartOf: usize = 0
export let lowerLengthOf: usize = 0
export let byRowStartOf: usize = 0
export let byRowLengthOf: usize = 0
export let byRow: usize = 0
export let byRowStart: usize = 0
export let byRowIndex: usize = 0
export let byRowValue: usize = 0
export let poolSize: i32 = 0
export let rowStage: usize = 0
export let basicList: usize = 0
export let activeCount: usize = 0
export let rowCount: usize = 0
export let queue: usize = 0
export let basisRowStart: usize = 0
export let basisRowEntry: usize = 0
export let kernelColumnStart: usize = 0
export let kernelColumnLength: usize = 0
export let kernelColumnRoom: usize = 0
export let kernelColumnIndex: usize = 0
export let kernelColumnValue: usize = 0
export let columnLargest: usize = 0
export let kernelRowStart: usize = 0
export let kernelRowLength: usize = 0
export let kernelRowRoom: usize = 0
export let kernelRowIndex: usize = 0
export let kernelPoolSize: i32 = 0
export let columnByCount: usize = 0
export let columnNext: usize = 0
export let columnPrevious: usize = 0
export let rowByCount: usize = 0
export let rowNext: usize = 0
export let rowPrevious: usize = 0
/** Multipliers of the pivot at hand, by row; +0 outside. */
export let kernelWork: usize = 0
/** Entering column multiplied by U, and the row being eliminated, in an update; +0 outside. */
export let spike: usize = 0
export let spikeList: usize = 0
export let updateWork: usize = 0

export let etaStart: usize = 0
export let etaPosition: usize = 0
export let etaIndex: usize = 0
export let etaValue: usize = 0
export let etaSize: i32 = 0

/** Tableau column of the entering variable, by position, and where it is not zero. */
export let alpha: usize = 0
export let alphaList: usize = 0
/** Row of the basis inverse, by row. */
export let rho: usize = 0
export let rhoList: usize = 0
/** B^-1 rho, by position. */
export let tau: usize = 0
export let tauList: usize = 0
/** Dual values of the scaled model, by row. */
export let y: usize = 0
export let yList: usize = 0
/** Right-hand side of changed nonbasic variables, by row. */
export let rhs: usize = 0
export let rhsList: usize = 0
/** Depth-first search of hyper-sparse.ts: nodes in topological order (filled from the end), its stack, where each node on it stands. */
export let reach: usize = 0
export let searchStack: usize = 0
export let searchCursor: usize = 0
export let marked: usize = 0
/** How far the variable at a position is outside its bounds, squared; the positions where that is not 0 (and some more); which are listed. */
export let excessSquare: usize = 0
export let infeasible: usize = 0
export let isListed: usize = 0
/** Dual pricing weights, by position. */
export let dualWeight: usize = 0
/** Tableau row of the leaving variable, by variable; +0 outside `touched`. */
export let alphaRow: usize = 0
export let touched: usize = 0
/** Variables that may enter, the sizes of their entries in the row, their reduced costs made positive. */
export let candidate: usize = 0
export let candidateSize: usize = 0
export let candidateCost: usize = 0
/** Variables whose bounds or costs the host has changed, and what of them (1 bounds, 2 cost). */
export let changed: usize = 0
export let changeKind: usize = 0
/** Variables whose working cost is not the model's. */
export let shifted: usize = 0
export let isShifted: usize = 0
/** Statuses of the optimum that the canonical one is looked for from. */
export let statusBefore: usize = 0
export let banned: usize = 0
/** Devex weights of the primal method, by variable. */
export let primalWeight: usize = 0
/** Up to two breakpoints for a position in the phase 1 ratio test: step, slope change, position (sign: which bound). */
export let breakStep: usize = 0
export let breakSlope: usize = 0
export let breakCode: usize = 0

export let answerPrimal: usize = 0
export let answerDual: usize = 0
export let ray: usize = 0
export let basis: usize = 0

let cursor: usize = 0

// Every array starts on 16 bytes, so that a later SIMD kernel needs no other layout.
function take(count: i32, bytesEach: i32): usize {
  const address = cursor
  cursor = (cursor + <usize>count * <usize>bytesEach + 15) & ~(<usize>15)
  return address
}

/** Lays out the memory for a model; 0, or 1 when it is too large, or 2 when memory cannot grow. */
export function reserve(m: i32, n: i32, z: i32): i32 {
  if (<u32>m > <u32>MAX_ROWS || <u32>n > <u32>MAX_COLUMNS || <u32>z > <u32>MAX_NONZEROS) return 1
  rows = m
  columns = n
  nonzeros = z
  variables = n + m
  cursor = (__heap_base + 15) & ~(<usize>15)
  reserveModel(m, n, z)
  reserveFactor(m, z)
  reserveWork(m, variables)
  const zeroEnd = cursor
  // The pools are last: their pages are touched only as far as a basis needs them.
  reservePools(m, z)
  const missing = <i64>cursor - (<i64>memory.size() << 16)
  if (missing > 0 && memory.grow(<i32>((missing + 0xffff) >> 16)) < 0) return 2
  // Work vectors rely on starting from zero; the memory may hold an earlier model.
  memory.fill(columnStart, 0, zeroEnd - columnStart)
  publish()
  return 0
}

function reserveModel(m: i32, n: i32, z: i32): void {
  const all = n + m
  columnStart = take(n + 1, 4)
  rowIndex = take(z, 4)
  value = take(z, 8)
  cost = take(n, 8)
  lower = take(all, 8)
  upper = take(all, 8)
  scaledValue = take(z, 8)
  scale = take(all, 8)
  unscale = take(all, 8)
  rowStart = take(m + 1, 4)
  rowColumn = take(z, 4)
  rowValue = take(z, 8)
  priceWeight = take(all, 8)
  pairRow = take(2 * n, 4)
  pairValue = take(2 * n, 8)
  longColumns = take(n, 4)
  workLower = take(all, 8)
  workUpper = take(all, 8)
  workCost = take(all, 8)
  x = take(all, 8)
  reduced = take(all, 8)
  status = take(all, 1)
  move = take(all, 8)
  head = take(m, 4)
  positionOf = take(all, 4)
}

function reserveFactor(m: i32, z: i32): void {
  factorHead = take(m, 4)
  order = take(m + ETA_LIMIT, 4)
  slotOf = take(m, 4)
  upperPivot = take(m, 8)
  upperInverse = take(m, 8)
  upperColumnStart = take(m, 4)
  upperColumnLength = take(m, 4)
  upperRowStart = take(m, 4)
  upperRowLength = take(m, 4)
  upperRowRoom = take(m, 4)
  lowerRow = take(m, 4)
  lowerStart = take(m + 1, 4)
  lowerStartOf = take(m, 4)
  lowerLengthOf = take(m, 4)
  byRowStartOf = take(m, 4)
  byRowLengthOf = take(m, 4)
  byRow = take(m, 4)
  byRowStart = take(m + 1, 4)
  rowStage = take(m, 1)
  basicList = take(m, 4)
  activeCount = take(m, 4)
  rowCount = take(m, 4)
  queue = take(m, 4)
  basisRowStart = take(m + 1, 4)
  basisRowEntry = take(z, 4)
  kernelColumnStart = take(m, 4)
  kernelColumnLength = take(m, 4)
  kernelColumnRoom = take(m, 4)
  columnLargest = take(m, 8)
  kernelRowStart = take(m, 4)
  kernelRowLength = take(m, 4)
  kernelRowRoom = take(m, 4)
  columnByCount = take(m + 1, 4)
  columnNext = take(m, 4)
  columnPrevious = take(m, 4)
  rowByCount = take(m + 1, 4)
  rowNext = take(m, 4)
  rowPrevious = take(m, 4)
  kernelWork = take(m, 8)
  spike = take(m, 8)
  spikeList = take(m, 4)
  updateWork = take(m, 8)
  etaStart = take(ETA_LIMIT + 1, 4)
  etaPosition = take(ETA_LIMIT, 4)
}

function reservePools(m: i32, z: i32): void {
  poolSize = POOL_PER_NONZERO * min(z, POOL_NONZEROS) + POOL_PER_ROW * m + 1024
  kernelPoolSize = 2 * poolSize
  etaSize = poolSize
  columnPoolIndex = take(poolSize, 4)
  columnPoolValue = take(poolSize, 8)
  rowPoolIndex = take(poolSize, 4)
  rowPoolValue = take(poolSize, 8)
  lowerIndex = take(poolSize, 4)
  lowerValue = take(poolSize, 8)
  byRowIndex = take(poolSize, 4)
  byRowValue = take(poolSize, 8)
  etaIndex = take(poolSize, 4)
  etaValue = take(poolSize, 8)
  kernelColumnIndex = take(kernelPoolSize, 4)
  kernelColumnValue = take(kernelPoolSize, 8)
  kernelRowIndex = take(kernelPoolSize, 4)
}

function reserveWork(m: i32, all: i32): void {
  alpha = take(m, 8)
  alphaList = take(m, 4)
  rho = take(m, 8)
  rhoList = take(m, 4)
  tau = take(m, 8)
  tauList = take(m, 4)
  y = take(m, 8)
  yList = take(m, 4)
  rhs = take(m, 8)
  rhsList = take(m, 4)
  reach = take(m, 4)
  searchStack = take(m, 4)
  searchCursor = take(m, 4)
  marked = take(m, 1)
  excessSquare = take(m, 8)
  infeasible = take(m, 4)
  isListed = take(m, 1)
  dualWeight = take(m, 8)
  alphaRow = take(all, 8)
  touched = take(all, 4)
  candidate = take(all, 4)
  candidateSize = take(all, 8)
  candidateCost = take(all, 8)
  changed = take(all, 4)
  changeKind = take(all, 1)
  shifted = take(all, 4)
  isShifted = take(all, 1)
  statusBefore = take(all, 1)
  banned = take(all, 1)
  primalWeight = take(all, 8)
  breakStep = take(2 * m, 8)
  breakSlope = take(2 * m, 8)
  breakCode = take(2 * m, 4)
  answerPrimal = take(all, 8)
  answerDual = take(all, 8)
  ray = take(all, 8)
  basis = take(all, 1)
}

function publish(): void {
  setI32(directory, 0, <i32>columnStart)
  setI32(directory, 1, <i32>rowIndex)
  setI32(directory, 2, <i32>value)
  setI32(directory, 3, <i32>cost)
  setI32(directory, 4, <i32>lower)
  setI32(directory, 5, <i32>upper)
  setI32(directory, 6, <i32>answerPrimal)
  setI32(directory, 7, <i32>answerDual)
  setI32(directory, 8, <i32>ray)
  setI32(directory, 9, <i32>basis)
  setI32(directory, 10, <i32>status)
}
