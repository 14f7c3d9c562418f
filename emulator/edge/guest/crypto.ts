import type { Bridge } from "./bridge";
import { decode64, realmError } from "./encoding";

const OPERATIONS = ["encrypt", "decrypt", "sign", "verify", "digest"] as const;

/** What an operation resolves with, as an object of this realm. */
function inThisRealm(result: unknown): unknown {
  if (typeof result !== "object" || result === null || !("byteLength" in result)) return result;
  return Uint8Array.from(new Uint8Array(result as ArrayBuffer)).buffer;
}

/** The bytes between the lines of a key in PEM. */
function pem2ab(pem: unknown): ArrayBuffer {
  const found = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/.exec(String(pem));
  if (found === null) throw new TypeError("pem2ab needs matching BEGIN and END lines");
  return decode64(found[2]).buffer as ArrayBuffer;
}

/** The module `crypto`: the part of Web Crypto that Akamai has. Keys can't be extracted. */
export function cryptoModule(bridge: Bridge): Record<string, unknown> {
  const call = async (name: string, args: unknown[]): Promise<unknown> => {
    try {
      return inThisRealm(await bridge.subtle[name]?.(...args));
    } catch (error) {
      throw realmError(error);
    }
  };
  const subtle: Record<string, unknown> = {
    importKey: (format: unknown, data: unknown, algorithm: unknown, _extractable: unknown, usages: unknown) =>
      call("importKey", [format, data, algorithm, false, usages]),
  };
  for (const name of OPERATIONS) subtle[name] = (...args: unknown[]) => call(name, args);
  function getRandomValues(array: ArrayBufferView): ArrayBufferView {
    if (!ArrayBuffer.isView(array) || array instanceof Float32Array || array instanceof Float64Array)
      throw new TypeError("getRandomValues needs an array of integers");
    if (array.byteLength > 65_536) throw new RangeError("getRandomValues fills up to 65536 bytes");
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(
      bridge.randomBytes(array.byteLength),
    );
    return array;
  }
  return { crypto: Object.freeze({ subtle: Object.freeze(subtle), getRandomValues }), pem2ab };
}
