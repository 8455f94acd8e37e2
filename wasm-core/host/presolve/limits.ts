/**
 * Every tolerance, caution and limit of the presolve, with its reason. Depends on nothing.
 *
 * The final answer is always computed and checked by the optimizer on the original model (solve-with-presolve.ts). So a tolerance
 * that is too loose costs clean-up iterations and one that is too tight costs reductions; neither can cost a wrong answer.
 *
 * Cautions, after Andersen & Andersen (1995) section 6, Gould & Toint (2004) section 5 and Achterberg et al. (2020) section 3:
 * - nothing is divided by an entry that is small beside the others of its row (PIVOT_RATIO): postsolve would magnify errors;
 * - sums whose terms are so large that their rounding reaches the tolerance prove nothing (SUM_ROUNDING);
 * - differences that should be zero are made zero (CANCELLATION), so that noise is not taken for a coefficient or a cost;
 * - bounds that a row implies are used to prove a reduction within one step and are then forgotten. They are never put
 *   on a column: a vertex on such a bound would have no basis in the original model.
 */

/** A side or bound b counts as met within this times (1 + |b|). A tenth of the optimizer's own 1e-9, so that postsolved points need no repair. */
export const FEASIBILITY = 1e-10
/** Contradictions below this times (1 + |b|) are left for the optimizer to judge; beyond, the model is infeasible. */
export const INFEASIBILITY = 1e-8
/**
 * A row is forcing when its activity can reach its side by no more than this times (1 + |side|). Far below FEASIBILITY: a small
 * entry in such a row lets its column move by a multiple of the gap, which fixing the column would forbid.
 */
export const FORCING = 1e-13
/** Rounding of a sum, in units of the sum of its absolute terms: sums of up to a few hundred terms stay within it. */
export const SUM_ROUNDING = 1e-14
/** A difference this small beside its terms is rounding of zero. */
export const CANCELLATION = 1e-14
/** Bounds from here on count as infinite in proofs: the rounding of such a term exceeds every tolerance. */
export const HUGE_BOUND = 1e15

/** Smallest pivot beside the largest entry of its row. Multipliers, and with them the growth of errors, stay below its inverse. */
export const PIVOT_RATIO = 1e-3
/** Entries smaller than this are not divided by, whatever else is in the row. */
export const SMALLEST_PIVOT = 1e-7
/** A bound or side made by dividing must not be larger than this: it would hide the digits of the others in later sums. */
export const LARGEST_QUOTIENT = 1e9

/** Models with a finite number beyond this are left as they are: products and quotients of a few such numbers leave the range of doubles. */
export const LARGEST_NUMBER = 1e50

/** A reduced cost with a margin below this times the cost unit proves no unboundedness. */
export const DUAL_MARGIN = 1e-9
/** Two rows or columns are parallel when entries agree to this, relatively: a few roundings of a division and a product. */
export const PARALLEL = 1e-13

/** A column with more entries than this is not substituted: each of its rows would take up the equation. */
export const SUBSTITUTION_ENTRIES = 10
/** Entries that one substitution may add beyond those it takes away; the factorization pays for fill on every iteration. */
export const SUBSTITUTION_FILL = 10
/** A row longer than this is not substituted along: one dense row would spread over many. */
export const SUBSTITUTION_ROW = 200
/** Rounds of the slower rules (parallel rows and columns), each a pass over all entries. Real models settle in 2 to 5. */
export const ROUNDS = 8
/** A round that takes away less than this share of rows, columns and entries is the last one: its passes cost more than the rest would. */
export const WORTHWHILE_SHARE = 0.01
/** Entries looked at, per entry, row and column of the model, after which presolve stops where it is. Real models need 5 to 40. */
export const WORK_FACTOR = 150
/** Members of one hash chain that a row or column is compared with; equal hashes without being parallel are rare. */
export const PARALLEL_CANDIDATES = 8
