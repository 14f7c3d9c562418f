/**
 * Memory for long lists. The system's allocator keeps what was large and is let go, for the next one: of a group with a million items
 * it kept 50 MB. Memory that can be resized comes from the system by itself, and goes back to it.
 */

/** Bytes from which it is worth it. */
const largeBytes = 1024 * 1024;

/** Bytes that are not set to anything. */
export function allocate(bytes: number): Buffer {
  return bytes < largeBytes ? Buffer.allocUnsafe(bytes) : Buffer.from(resizable(bytes));
}

/** Numbers below 2 ** 32. All are 0. */
export function allocateNumbers(count: number): Uint32Array {
  const bytes = count * Uint32Array.BYTES_PER_ELEMENT;
  return bytes < largeBytes ? new Uint32Array(count) : new Uint32Array(resizable(bytes), 0, count);
}

const resizable = (bytes: number) => new ArrayBuffer(bytes, { maxByteLength: bytes });

/** Gives memory of `allocate` and `allocateNumbers` back at once, without a collection. Nothing may use it after that. */
export function release(...memory: readonly (Buffer | Uint32Array)[]): void {
  for (const { buffer } of memory) if (buffer instanceof ArrayBuffer && buffer.resizable) buffer.resize(0);
}
