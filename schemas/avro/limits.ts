/**
 * Bounds of the Avro layer, each with its reason. They hold for input from anywhere; a file that needs more is
 * refused with a message that names the bound. Depends on nothing.
 */

/** Header of a container file: a writer schema of a megabyte is far above any real one. */
export const HEADER_LIMIT_BYTES = 2 ** 20

/** One block, compressed or not. Writers make blocks of 16 KiB to 1 MiB; a block is held in memory whole. */
export const BLOCK_LIMIT_BYTES = 64 * 2 ** 20

/** Nesting of a record or a schema: deeper ones come from recursion without end, and would exhaust the stack. */
export const NESTING_LIMIT = 64

/** Array items that take no bytes, in one record: a count alone must not cost time without end. */
export const ZERO_WIDTH_ITEM_LIMIT = 65_536

/** Distinct strings an interner keeps before it stops remembering new ones. */
export const INTERNED_STRING_LIMIT = 16_384
