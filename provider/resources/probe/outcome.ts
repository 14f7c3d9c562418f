/** What the answer to a probe means. */
import { truncate } from "../../errors";
import type { After } from "./schema";

export type Seen =
  | {
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: string;
    }
  | { readonly failure: string };

/** The code that must have served the request. */
export interface WantedCode {
  readonly edgeWorkerId: number;
  readonly version: string;
}

const maxShown = 80;

/** Why the probe did not succeed; undefined when it did. */
export function problemOf(
  seen: Seen,
  expect: After["probe"]["expect"],
  code: WantedCode | undefined,
): string | undefined {
  if ("failure" in seen) return seen.failure;
  const { status, headers, body } = seen;
  if (status !== expect.status) return `status ${status}, not ${expect.status}`;
  for (const [name, wanted] of Object.entries(expect.header ?? {})) {
    const value = [headers[name.toLowerCase()] ?? []].flat().join(", ");
    if (value !== wanted)
      return `header ${name}: ${value === "" ? "none" : JSON.stringify(truncate(value, maxShown))}, not ${JSON.stringify(truncate(wanted, maxShown))}`;
  }
  if (expect.body !== undefined && !body.includes(expect.body))
    return `a body without ${JSON.stringify(truncate(expect.body, maxShown))}`;
  return code && codeProblem(headers, code);
}

/** By the debug headers, such as `X-Akamai-EdgeWorker-onClientRequest-Info: ew=54321 v1.0:Greeter; status=Success`. */
function codeProblem(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  { edgeWorkerId, version }: WantedCode,
): string | undefined {
  const infos = Object.entries(headers)
    .filter(([name]) => /^x-akamai-edgeworker-.*-info$/.test(name))
    .flatMap(([, value]) => [value ?? []].flat())
    .flatMap((value) => {
      const [, id, shown = "", status = ""] = /ew=(\d+)\s+v([^:;\s]*)[^;]*;.*?status=(\w+)/.exec(value) ?? [];
      return id === undefined ? [] : [{ id: Number(id), version: shown, status }];
    })
    .filter(({ id }) => id === edgeWorkerId);
  const wanted = `version ${version} of EdgeWorker ${edgeWorkerId} with Success`;
  const ran = infos.filter(({ status }) => status !== "UnimplementedEventHandler");
  if (ran.length === 0) return `no debug header that shows ${wanted}`;
  const wrong = ran.find((one) => one.version !== version || one.status !== "Success");
  return wrong && `version ${wrong.version} with ${wrong.status}, not ${wanted}`;
}
