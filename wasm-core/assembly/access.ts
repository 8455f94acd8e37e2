/**
 * Reads and writes of typed arrays that live at an address of linear memory.
 *
 * Kernels use these instead of Array or StaticArray: no object header, no bounds check, no runtime.
 * Callers guarantee 0 <= index < length; the lengths are fixed by memory.ts. Depends on nothing.
 *
 * The line above each @inline function, here and elsewhere, is for editors: to their TypeScript a decorator on a function is an
 * error, to AssemblyScript it is how inlining is asked for.
 */

// @ts-ignore: decorator
@inline export function f64At(array: usize, index: i32): f64 { return load<f64>(array + (<usize>index << 3)) }
// @ts-ignore: decorator
@inline export function setF64(array: usize, index: i32, value: f64): void { store<f64>(array + (<usize>index << 3), value) }
// @ts-ignore: decorator
@inline export function addF64(array: usize, index: i32, value: f64): void {
  const address = array + (<usize>index << 3)
  store<f64>(address, load<f64>(address) + value)
}
// @ts-ignore: decorator
@inline export function i32At(array: usize, index: i32): i32 { return load<i32>(array + (<usize>index << 2)) }
// @ts-ignore: decorator
@inline export function setI32(array: usize, index: i32, value: i32): void { store<i32>(array + (<usize>index << 2), value) }
// @ts-ignore: decorator
@inline export function u8At(array: usize, index: i32): i32 { return <i32>load<u8>(array + <usize>index) }
// @ts-ignore: decorator
@inline export function setU8(array: usize, index: i32, value: i32): void { store<u8>(array + <usize>index, <u8>value) }

// @ts-ignore: decorator
@inline export function swapF64(array: usize, a: i32, b: i32): void {
  const value = f64At(array, a)
  setF64(array, a, f64At(array, b))
  setF64(array, b, value)
}
// @ts-ignore: decorator
@inline export function swapI32(array: usize, a: i32, b: i32): void {
  const value = i32At(array, a)
  setI32(array, a, i32At(array, b))
  setI32(array, b, value)
}

/** Sets `length` doubles to +0. */
// @ts-ignore: decorator
@inline export function clearF64(array: usize, length: i32): void { memory.fill(array, 0, <usize>length << 3) }
