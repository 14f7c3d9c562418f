import { createResponse } from "./bodies";
import type { Bridge } from "./bridge";
import { compressionStreams } from "./compression";
import { Cookies, SetCookie } from "./cookies";
import { cryptoModule } from "./crypto";
import { encodingModule, textStreams } from "./encoding";
import { runEvent } from "./event";
import { htmlRewriterModule } from "./htmlRewriter";
import { httpRequestOf } from "./httpRequest";
import { logModule } from "./log";

/** Makes `Date` stand still, and removes what Akamai's engine does not have. */
export function restrictGlobals(bridge: Bridge): void {
  const Native = Date;
  function Frozen(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new Native(bridge.now()).toString();
    return Reflect.construct(Native, args.length === 0 ? [bridge.now()] : args, new.target);
  }
  Object.defineProperties(Frozen, {
    name: { value: "Date" },
    length: { value: 7 },
    now: { value: () => bridge.now(), writable: true, configurable: true },
    parse: { value: Native.parse, writable: true, configurable: true },
    UTC: { value: Native.UTC, writable: true, configurable: true },
    prototype: { value: Native.prototype, writable: false },
  });
  Object.defineProperty(Native.prototype, "constructor", {
    value: Frozen,
    writable: true,
    configurable: true,
  });
  const globals = globalThis as Record<string, unknown>;
  Object.defineProperty(globals, "Date", { value: Frozen, writable: true, configurable: true });
  for (const name of ["SharedArrayBuffer", "Atomics", "WebAssembly"]) delete globals[name];
}

/** The built-in modules, by name, with what each exports. */
export function builtInModules(bridge: Bridge): Record<string, Record<string, unknown>> {
  const encoding = encodingModule(bridge);
  return {
    log: logModule(bridge),
    "http-request": { httpRequest: httpRequestOf(bridge) },
    "create-response": { createResponse },
    cookies: { Cookies, SetCookie },
    "url-search-params": { default: bridge.URLSearchParams, URLSearchParams: bridge.URLSearchParams },
    streams: { ...bridge.streams, ...compressionStreams(bridge) },
    "text-encode-transform": textStreams(bridge),
    encoding,
    crypto: cryptoModule(bridge),
    "html-rewriter": htmlRewriterModule(bridge),
  };
}

export { runEvent };
