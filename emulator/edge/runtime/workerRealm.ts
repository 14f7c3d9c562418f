import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

export const collectGarbage = (): void => gc();

/** What the engine's heap and the buffers beside it hold. */
export function heapBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/**
 * A function of this realm that reaches the user's code would lead to `Function`, and so to code from strings with Node's globals.
 * This is no security boundary. It keeps code from leaving by accident.
 */
export function closeConstructors(): void {
  const functions = [
    () => undefined,
    async () => undefined,
    function* generator() {},
    async function* asyncGenerator() {},
  ];
  for (const one of functions)
    Object.defineProperty(Object.getPrototypeOf(one), "constructor", { value: undefined, writable: false });
}
