/**
 * Where a triangular solve with few nonzeros will have nonzeros: depth-first search in the graph of the factor.
 * Depends on memory.ts and access.ts.
 *
 * A factor is given as lists: node k reaches index[starts[k] .. starts[k] + lengths[k]). An entry at k makes entries at
 * all that k reaches; eliminating in reverse postorder meets each node after all that change it.
 *
 * Cost: the entries of the nodes reached, whatever the size of the factor.
 * Source: Gilbert and Peierls, Sparse partial pivoting in time proportional to arithmetic operations (1988);
 * Hall and McKinnon, Hyper-sparsity in the revised simplex method and how to exploit it (2005).
 */
import { i32At, setI32, setU8, u8At } from './access'
import { marked, reach, rows, searchCursor, searchStack } from './memory'

/** Writes the nodes reached from the listed ones to reach[first .. rows), in the order of elimination; gives `first`. */
export function search(starts: usize, lengths: usize, index: usize, list: usize, count: i32): i32 {
  let first = rows
  for (let k = 0; k < count; k++) {
    const root = i32At(list, k)
    if (u8At(marked, root) != 0) continue
    first = searchFrom(root, first, starts, lengths, index)
  }
  for (let k = first; k < rows; k++) setU8(marked, i32At(reach, k), 0)
  return first
}

// Each node is pushed once, so the stack holds at most `rows` nodes.
function searchFrom(root: i32, first: i32, starts: usize, lengths: usize, index: usize): i32 {
  let depth = 0
  setI32(searchStack, 0, root)
  setI32(searchCursor, 0, i32At(starts, root))
  setU8(marked, root, 1)
  while (depth >= 0) {
    const node = i32At(searchStack, depth)
    const end = i32At(starts, node) + i32At(lengths, node)
    let e = i32At(searchCursor, depth)
    while (e < end && u8At(marked, i32At(index, e)) != 0) e++
    if (e == end) {
      setI32(reach, --first, node)
      depth--
      continue
    }
    setI32(searchCursor, depth, e + 1)
    const next = i32At(index, e)
    setU8(marked, next, 1)
    depth++
    setI32(searchStack, depth, next)
    setI32(searchCursor, depth, i32At(starts, next))
  }
  return first
}
