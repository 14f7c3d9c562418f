/** Three-valued logic: what a rule's criteria say about a request. */
export type Truth = true | false | "unknown";

export interface ResponseFacts {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** All that criteria look at. */
export interface Facts {
  readonly stage: "client-request" | "client-response";
  readonly requestType: "CLIENT_REQ" | "EW_SUBREQUEST";
  readonly method: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly clientIp: string;
  readonly location: Readonly<Record<string, unknown>> | null;
  readonly device: Readonly<Record<string, unknown>> | null;
  /** By name, without the prefix `user.`. Rules change them on the way. */
  readonly variables: Record<string, string>;
  /** 0 to 100, the same for one rule all through a request. */
  readonly percentile: (rulePath: string) => number;
  /** At the stage of the response. */
  readonly response?: ResponseFacts;
  /** Whether one of the client and origin handlers failed; undefined when none ran. */
  readonly edgeWorkerFailed?: boolean;
}

/** The value of a built-in variable. `undefined`: it is not known here. */
export function builtIn(facts: Facts, name: string): string | undefined {
  const values: Readonly<Record<string, string>> = {
    AK_HOST: facts.host,
    AK_PATH: facts.path,
    AK_QUERY: facts.query,
    AK_METHOD: facts.method,
    AK_SCHEME: facts.scheme,
    AK_CLIENT_IP: facts.clientIp,
    AK_URL: facts.query === "" ? facts.path : `${facts.path}?${facts.query}`,
    AK_FILENAME: facts.path.split("/").at(-1) ?? "",
    AK_EXTENSION: /\.([^./]+)$/.exec(facts.path)?.[1] ?? "",
  };
  if (Object.hasOwn(values, name)) return values[name];
  return Object.hasOwn(facts.variables, name) ? facts.variables[name] : undefined;
}

/** A text with `{{builtin.AK_…}}` and `{{user.PMUSER_…}}` filled in. `undefined`: one of them is not known. */
export function expanded(facts: Facts, text: string): string | undefined {
  let isKnown = true;
  const result = text.replace(/\{\{(builtin|user)\.([A-Z0-9_]+)\}\}/g, (_all, _kind, name: string) => {
    const value = builtIn(facts, name);
    if (value === undefined) isKnown = name.startsWith("PMUSER_") && isKnown;
    return value ?? "";
  });
  return isKnown && !/\{\{/.test(result) ? result : undefined;
}
