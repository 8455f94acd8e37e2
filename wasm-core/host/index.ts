/** The public face of wasm-core: what the rest of Weir imports. */
export { type CompiledOptimizer, compileOptimizer } from './compile.js'
export { LinearProgram, type ResolveOptions, type SolveCounters, type SolveMethod } from './linear-program.js'
export type { SolveStatus } from './module-interface.js'
export type { SparseModel } from './sparse-model.js'
