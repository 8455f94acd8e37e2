/**
 * Every tolerance and limit of the optimizer, with its reason. Depends on nothing.
 *
 * SAFE TO CHANGE: the values, within the stated order; answers (their last bits) change with them, so
 * the digest of the module in stored decisions does too.
 */

/** A variable may leave a bound b by this times (1 + |b|), scaled. Two orders inside ANSWER_TOLERANCE, so that unscaling stays inside it. */
export const PRIMAL_TOLERANCE: f64 = 1e-9
/** Wrong sign of a reduced cost that is accepted, times the cost unit of iterate.ts. */
export const DUAL_TOLERANCE: f64 = 1e-9
/** What the final check against the unscaled model accepts; the usual 1e-7 of LP solvers. */
export const ANSWER_TOLERANCE: f64 = 1e-7
/** A resident point whose residuals are beyond this is computed anew; far inside ANSWER_TOLERANCE. */
export const RESIDENT_TOLERANCE: f64 = 1e-9
/** A canonical basis whose answer from scratch is beyond this is not taken: the optimum found before is as good or better. */
export const CANONICAL_TOLERANCE: f64 = 1e-8
/** An answer from scratch that violates a bound by more than this is refined once. */
export const REFINE_TOLERANCE: f64 = 1e-12
/** Pivots below this are refused while a better factorization or another candidate is to be had. */
export const PIVOT_TOLERANCE: f64 = 1e-7
/** The same relative to the largest entry of the entering variable's tableau column. */
export const PIVOT_RELATIVE: f64 = 1e-9
/** Entries of a tableau row or column below this are rounding noise: they block nothing. */
export const TABLEAU_ZERO: f64 = 1e-11
/** Sums below this during a solve with the factors are rounding of a zero. */
export const SOLVE_ZERO: f64 = 1e-14
/** Stands for a sum that cancelled to zero where zero means "not listed yet". Far below every tolerance. */
export const CANCELLED: f64 = 1e-100
/** A solve goes by search where a vector has fewer nonzeros than rows / SHARE (Hall and McKinnon cancel at 5 to 10 %), and at least so many rows. */
export const HYPER_SPARSE_SHARE: i32 = 20
export const HYPER_SPARSE_ROWS: i32 = 200
/** ... and where fewer than rows / RESULT are expected to come out. */
export const HYPER_SPARSE_RESULT: f64 = 10
/** The same for entries of an entering column that is multiplied back, and for entries made by elimination. */
export const SPIKE_ZERO: f64 = 1e-14
export const FILL_ZERO: f64 = 1e-14
/** A pivot of the kernel is at least this times the largest entry of its column; the usual compromise of stability and fill. */
export const PIVOT_THRESHOLD: f64 = 0.1
/** The same on the careful rungs of the ladder: stability before fill. */
export const CAREFUL_PIVOT_THRESHOLD: f64 = 0.5
/** Lines looked at for a pivot once one is found (Suhl and Suhl use 4). */
export const SEARCH_LIMIT: i32 = 4
/** A basis column whose best pivot is below this (matrix scaled to about 1) is linearly dependent. */
export const SINGULAR_PIVOT: f64 = 1e-11
/** Row and column of a pivot must agree to this (relative), otherwise the factorization is worn out. */
export const PIVOT_AGREEMENT: f64 = 1e-7
/** A ray's entry on an infinite bound may be this large (largest entry = 1) and still count as zero. */
export const RAY_ZERO: f64 = 1e-9

/** Basis changes kept as updates before a factorization from scratch; bounds their memory and their error growth. */
export const ETA_LIMIT: i32 = 64
/** The same on the careful rungs of the ladder. */
export const CAREFUL_ETA_LIMIT: i32 = 10
/** A step up to this is rounding, not progress. */
export const STALL_STEP: f64 = 1e-11
/** Rows from which a cold dual solve begins with perturbed costs, and steps without progress after which any does. */
export const PERTURB_ROWS: i32 = 20
export const PERTURB_AFTER: i32 = 10
/** Rows from which warm solves keep steepest-edge weights exact: below, one solve less per step is worth the few steps more (measured at 76, 268, 1036 rows). */
export const STEEPEST_EDGE_ROWS: i32 = 400
/** Steps of length zero after which the primal method widens bounds. */
export const PERTURB_AFTER_PRIMAL: i32 = 30
/** Steps without progress before Bland's rule takes over; ordinary degeneracy resolves itself sooner. */
export const STALL_LIMIT: i32 = 200
/** Iterations of one rung: FACTOR * (rows + columns) + BASE. Real models need 1 to 5 * (rows + columns). */
export const RUNG_ITERATION_FACTOR: i32 = 30
export const RUNG_ITERATION_BASE: i32 = 1000
/** Repairs of a singular basis in one factorization; each exchanges at least one column, two suffice in practice. */
export const REPAIR_LIMIT: i32 = 20

/** 32-bit memory ends at 4 GiB; the largest model of these sizes needs about 3 GiB. */
export const MAX_ROWS: i32 = 1000000
export const MAX_COLUMNS: i32 = 2000000
export const MAX_NONZEROS: i32 = 10000000
/** Places in each pool of the factorization: this times the entries of the matrix, and this times the rows. */
export const POOL_PER_NONZERO: i32 = 8
export const POOL_PER_ROW: i32 = 24
/** Beyond this many entries of the matrix a basis holds only a part of them. */
export const POOL_NONZEROS: i32 = 500000
