/** Hostile text in every field, error body and file name, and all that leaves the adapter: nothing in it may move a terminal or a CI system. */
import { type Operations, operationsOf, ReportedError, redactFailures } from "../../../provider/adapter";
import { toApiError } from "../../../provider/http/failure";
import { toReply } from "../../../provider/http/reply";
import { requestLogLine } from "../../../provider/http/requestLog";
import { registry } from "../../../provider/registry";
import { formatFindings } from "../../../provider/resources/property/findings";
import { formatChanges } from "../../../provider/rules/changes";
import type { ApiRequest } from "../../../provider/runtime/httpClient";
import { guardedLogger } from "../../../provider/runtime/logger";
import { offline } from "../../provider/framework/fakes";
import { isFull, report } from "../support/extent";
import { fuzzInputs } from "./inputs";

type Values = Record<string, unknown>;

const seed = Number(process.env.SEED ?? 1);
const cases = isFull ? 10_000 : 1_000;

/** What no line may hold: controls, marks of direction, separators, halves of characters. */
const raw = /(?!\n)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/u;
/** What no line may be: a command, and one that begins like none of the provider's own. */
const command = /^\s*::|##[\w-]*\[|\n(?! {2})/m;
const longest = 1_100_000;

let state = seed;
/** Seeded (xorshift): the same cases in each run. */
function next(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}
const pick = <T>(all: readonly T[]): T => all[next(all.length)] as T;

const marks = [
  "\n",
  "\r\n",
  "\r",
  "\u001b[31m",
  "\u009b2J",
  "\u001b]8;;https://x\u0007",
  "\u202e",
  "\u2066",
  "\u061c",
  "\u200f",
];
const pieces = [
  ...marks,
  ...[
    "::add-mask::x",
    "::error file=a::b",
    "##vso[task.setvariable variable=a]b",
    "##[group]a",
    "##teamcity[x]",
  ],
  ...[
    "\u2028",
    "\u2029",
    "\u0085",
    "\u0000",
    "\u007f",
    "\ud800",
    "\ufeff",
    "  ",
    "\t",
    "a",
    "Regeln",
    "名前",
    "..",
    "/",
    '"',
    "\\",
  ],
];
const hostile = () =>
  Array.from({ length: 1 + next(6) }, () => pick(pieces)).join("") + (next(50) === 0 ? "x".repeat(5000) : "");

/** The value with hostile text somewhere inside. */
function poisoned(value: unknown): unknown {
  if (typeof value === "string") return pick([hostile(), value + hostile(), hostile() + value]);
  if (Array.isArray(value)) return value.length === 0 ? [hostile()] : value.map(poisoned);
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const at = next(entries.length + 1);
    return Object.fromEntries([
      ...entries.map(([key, member], index) => [key, index === at ? poisoned(member) : member]),
      ...(at === entries.length ? [[hostile(), hostile()]] : []),
    ]);
  }
  return pick([hostile(), value, [hostile()], { [hostile()]: hostile() }]);
}

const bodies = (): string =>
  pick<() => string>([
    () =>
      JSON.stringify({
        title: hostile(),
        detail: hostile(),
        errorCode: hostile(),
        additionalDetail: { requestId: hostile() },
      }),
    () =>
      JSON.stringify({
        type: `/papi/v1/${hostile()}`,
        title: hostile(),
        errors: [{ detail: hostile() }],
        instance: hostile(),
      }),
    () => JSON.stringify({ [hostile()]: hostile(), requestId: hostile(), messageId: hostile() }),
    () => `<p>${hostile()}</p>`,
    () => hostile(),
  ])();

class Printed {
  readonly all: string[] = [];
  readonly add = (line: string): void => void this.all.push(line);
  wrong(): string[] {
    return this.all.filter((text) => raw.test(text) || command.test(text) || text.length > longest);
  }
}

/** What an engine prints of one operation. */
async function run(printed: Printed, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ReportedError)) throw error;
    printed.add(error.message);
    printed.add(error.operation);
    printed.add(error.partial?.id ?? "");
  }
}

function operations(token: string, printed: Printed, answers: boolean): Operations {
  const resource = registry.get(token);
  if (resource === undefined) throw new Error(token);
  const context = offline({}, async (request: ApiRequest) => {
    const headers = { "x-trace-id": hostile(), "content-type": "application/json" };
    const body = Buffer.from(bodies());
    if (answers && next(4) === 0) return toReply(request, 200, headers, body);
    throw toApiError(request, pick([400, 403, 404, 409, 412, 422]), headers, body, context.clock.now());
  });
  const logger = { info: printed.add, warn: (line: string) => printed.add(`warning: ${line}`) };
  return operationsOf(resource, Promise.resolve({ ...context, logger }));
}

async function checked(token: string, printed: Printed, news: Values): Promise<void> {
  const resource = registry.get(token);
  await run(printed, async () => {
    const { failures } = await operations(token, printed, false).check({}, news);
    if (resource === undefined) return;
    for (const { property, reason } of redactFailures(resource, failures)) {
      printed.add(property);
      printed.add(reason);
      // The engine prints the value of a property that it knows.
      const value = Object.hasOwn(news, property) ? news[property] : undefined;
      const texts: unknown[] = [value];
      for (let one = texts.pop(); one !== undefined; one = texts.pop()) {
        if (typeof one === "string") printed.add(one);
        else if (typeof one === "object" && one !== null) texts.push(...Object.entries(one).flat());
      }
    }
  });
}

const tokens = [...registry.keys()];
const baseOf = (token: string): Values => ({
  ...pick(fuzzInputs[token]?.bases ?? [{}]),
  owner: `shop/dev/${hostile()}`,
});

const kinds: Readonly<Record<string, (printed: Printed) => Promise<void>>> = {
  "a field": async (printed) => {
    const token = pick(tokens);
    const base = baseOf(token);
    const field = pick([...Object.keys(registry.get(token)?.args.shape ?? {}), hostile()]);
    await checked(token, printed, { ...base, [field]: poisoned(base[field] ?? "") });
  },
  "a file name": async (printed) => {
    const names = {
      [hostile()]: hostile(),
      [`${hostile()}.js`]: `import "${hostile()}"; import`,
      "main.js": hostile(),
    };
    await (next(2) === 0
      ? checked("edgeworkers:Version", printed, {
          ...baseOf("edgeworkers:Version"),
          bundle: { ...names, "bundle.json": bodies() },
        })
      : checked("edgekv:ItemGroup", printed, {
          ...baseOf("edgekv:ItemGroup"),
          items: { [hostile()]: hostile() },
        }));
  },
  "an error body": async (printed) => {
    const token = pick(tokens);
    const base = baseOf(token);
    const all = operations(token, printed, true);
    const values = { ...base, name: hostile(), version: hostile(), propertyName: hostile(), id: hostile() };
    await run(printed, () =>
      pick([
        () => all.create(values),
        () => all.read(values),
        () => all.update(values, base),
        () => all.delete(values),
      ])(),
    );
  },
  "rules of others": async (printed) => {
    const logger = guardedLogger({ info: printed.add, warn: printed.add }, (text) => text);
    const path = [hostile(), hostile()];
    for (const line of formatChanges([
      {
        key: "a",
        kind: "add",
        path,
        details: [{ at: `behaviors.${hostile()}`, live: undefined, wanted: { a: hostile() } }],
      },
      { key: "b", kind: "remove", path, details: [] },
    ]))
      logger.info(`property ${hostile()}:\n  ${line}`);
    const rule = { name: hostile(), behaviors: [], criteria: [], children: [] };
    const found = [
      { title: hostile(), detail: hostile(), errorLocation: pick(["#/rules/children/0", hostile()]) },
    ];
    for (const line of formatFindings(found as never, { ...rule, children: [rule] } as never))
      logger.warn(line);
  },
  "the request log": async (printed) => {
    printed.add(
      requestLogLine({
        beganMs: 0,
        endedMs: 1,
        method: "GET",
        path: hostile(),
        query: { a: hostile() },
        outcome: hostile(),
        attempt: 1,
        requestId: hostile(),
      }),
    );
  },
};

test.each(Object.entries(kinds))(
  "hostile text in %s: no control character, mark of direction or command is printed",
  async (kind, one) => {
    const share = Math.ceil(cases / Object.keys(kinds).length);
    const wrong: string[] = [];
    let lines = 0;
    for (let at = 0; at < share; at++) {
      const printed = new Printed();
      await one(printed);
      lines += printed.all.length;
      wrong.push(...printed.wrong().map((text) => JSON.stringify(text).slice(0, 300)));
    }
    report("Hostile text", {
      "hostile text in": kind,
      cases: share,
      "texts printed": lines,
      "not right": wrong.length,
    });
    expect([...new Set(wrong)].slice(0, 10)).toEqual([]);
    expect(lines).toBeGreaterThan(0);
  },
  600_000,
);
