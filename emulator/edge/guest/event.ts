import { bytesOf, type Provided, provided, textOf } from "./bodies";
import type { Bridge } from "./bridge";
import type { HeaderLists } from "./headers";
import { bodiesSent } from "./httpRequest";
import {
  type Changes,
  checkedStatus,
  facts,
  getsVariables,
  joined,
  keysCache,
  type RequestInput,
  readsHeaders,
  responds,
  routes,
  setsVariables,
  writesHeaders,
} from "./request";

type Name =
  | "onClientRequest"
  | "onOriginRequest"
  | "onOriginResponse"
  | "onClientResponse"
  | "responseProvider";

/** The members that a request has in each handler. */
function requestFor(
  bridge: Bridge,
  name: Name,
  input: RequestInput,
  changes: Changes,
  body: Uint8Array | undefined,
): object {
  const common = [facts(input), readsHeaders(input.headers), getsVariables(input.variables)];
  if (name === "responseProvider") return joined(...common, requestBody(bridge, body ?? new Uint8Array()));
  const writes =
    name === "onClientRequest" || name === "onOriginRequest" ? [writesHeaders(input.headers)] : [];
  const first = name === "onClientRequest" ? [routes(changes), keysCache(changes)] : [];
  return joined(...common, setsVariables(input, changes), responds(changes), ...writes, ...first);
}

/** The body of a request, whole or as a stream. */
function requestBody(bridge: Bridge, bytes: Uint8Array): object {
  const copy = () => Uint8Array.from(bytes);
  return {
    text: async () => textOf(bridge, copy()),
    json: async () => JSON.parse(textOf(bridge, copy())),
    arrayBuffer: async () => copy().buffer,
    body: bytesOf(bridge, copy()),
  };
}

function responseFor(response: { status: number; headers: HeaderLists }): object {
  const members = joined(readsHeaders(response.headers), writesHeaders(response.headers));
  Object.defineProperty(members, "status", {
    enumerable: true,
    get: () => response.status,
    set(value: unknown) {
      response.status = checkedStatus(value);
    },
  });
  return members;
}

export interface Outcome {
  /** JSON of what the handler has changed. */
  readonly effects: string;
  /** Of a response provider. */
  readonly body: Provided["body"] | undefined;
}

/** Runs one handler. `input` is JSON of the request and the response. */
export async function runEvent(
  bridge: Bridge,
  name: Name,
  handler: (request: object, response?: object) => unknown,
  input: string,
  body: Uint8Array | undefined,
): Promise<Outcome> {
  const { request, response } = JSON.parse(input) as {
    request: RequestInput;
    response?: { status: number; headers: HeaderLists };
  };
  const changes: Changes = { variables: {}, cacheKey: [] };
  const given = requestFor(bridge, name, request, changes, body);
  const isResponse = name === "onOriginResponse" || name === "onClientResponse";
  // `this` is the global object: code that is published sets members of it.
  const args = isResponse && response ? [given, responseFor(response)] : [given];
  const result = await Reflect.apply(handler, globalThis, args);
  await bodiesSent(bridge);
  const answer = name === "responseProvider" ? provided(result) : undefined;
  return {
    effects: JSON.stringify({
      requestHeaders: request.headers,
      ...changes,
      ...(isResponse && { response }),
      ...(answer && { provided: answer.head }),
    }),
    body: answer?.body,
  };
}
