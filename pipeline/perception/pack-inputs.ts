/** Puts the inputs of a cycle into one piece of memory, for callers that hold them as objects. Depends on the ports. */
import type { Cycle } from '../../schemas/generated/types.js'
import type { PackedCycle, PackedInputs } from '../ports.js'

export function packedInputsOf(cycle: Cycle | PackedCycle): PackedInputs {
  if ('packed' in cycle) return cycle.packed
  const { inputs } = cycle
  const count = inputs.length
  const starts = new Int32Array(count)
  const ends = new Int32Array(count)
  let end = 0
  for (const [row, { payload }] of inputs.entries()) {
    starts[row] = end
    end += payload.length
    ends[row] = end
  }
  const bytes = new Uint8Array(end)
  for (const [row, { payload }] of inputs.entries()) bytes.set(payload, starts[row])
  const sources = Int32Array.from(inputs, ({ source }) => source)
  const positions = Float64Array.from(inputs, ({ position }) => position)
  return { count, bytes, starts, ends, sources, positions }
}
