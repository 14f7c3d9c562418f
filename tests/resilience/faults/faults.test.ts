/**
 * Every request that the provider sends meets every faultKind, once and for good. The operation ends in success, or in one clear error for each resource; what it
 * leaves behind can be gone on from, and ends with the account that an undisturbed run leaves.
 */
import { holdings } from "../../support/testEngine/account";
import { ProgramStack, type RunResult, type StoredResource } from "../../support/testEngine/programStack";
import type { Connection } from "../../support/testEngine/providerProcess";
import { examples } from "../support/examples";
import { every, isFull, report } from "../support/extent";
import { type FaultKind, faultKinds, faultOn, faultsInError, type Route, routeOf, wrongIn } from "./faults";
import { type Scenario, scenarios } from "./programs";

/** A scenario up to what is to be disturbed, and how it ends when nothing is. */
interface Prepared {
  readonly scenario: Scenario;
  readonly account: unknown;
  /** When it was so, in the account's time. */
  readonly at: number;
  readonly resources: ReadonlyMap<string, StoredResource>;
  stack: ProgramStack;
  readonly routes: readonly Route[];
  readonly wanted: object;
  readonly end: object;
}

function demandDone(what: string, { how, errors }: RunResult): void {
  if (how !== "done") throw new Error(`${what} ended ${how}: ${errors.join("\n")}`);
}

const start = () => ProgramStack.start({ lag: { object: 5 }, settings: { initialized: false } });

async function prepare(scenario: Scenario): Promise<Prepared> {
  const stack = await start();
  for (const step of scenario.before) demandDone(scenario.what, await step(stack));
  const account = stack.emulator.state.get();
  const at = stack.clock.now();
  const resources = structuredClone(stack.resources);
  stack.emulator.clearJournal();
  demandDone(scenario.what, await scenario.act(stack));
  const routes = [...new Set(stack.emulator.journal().map(routeOf))];
  demandDone(scenario.what, await scenario.again(stack));
  const wanted = holdings(stack.emulator);
  for (const step of scenario.end) demandDone(scenario.what, await step(stack));
  const end = holdings(stack.emulator);
  return { scenario, account, at, resources, stack, routes, wanted, end };
}

/** Time never goes back, and what was to happen some days after the scenario's beginning must not have happened yet. */
const atMostLater = 12 * 3_600_000;

/** The same account and the same state again, some time later. */
async function restored(prepared: Prepared): Promise<ProgramStack> {
  const { account, at, resources } = prepared;
  if (prepared.stack.clock.now() > at + atMostLater) {
    await prepared.stack.close();
    prepared.stack = await start();
  }
  const { stack } = prepared;
  stack.emulator.faults.clear();
  stack.emulator.state.put(account);
  stack.restore(structuredClone(resources), []);
  return stack;
}

interface Outcome {
  readonly failed: boolean;
  readonly problems: readonly string[];
}

/** How a scenario is disturbed, and what else is looked at after it. */
interface Disturbance {
  readonly connection?: Connection;
  readonly add?: (stack: ProgramStack) => void;
  readonly judge: (error: string, secrets: readonly string[]) => string[];
  /** The next run begins with a refresh, as with `up --refresh`. */
  readonly refreshes: boolean;
  /** What was made is destroyed. */
  readonly ends: boolean;
  /** What the service reports as gone leaves the state, and stays in the account. */
  readonly forgets?: boolean;
}

/** Seconds until somebody comes to look: longer than any server takes to hear of what was done. What they show before then is another suite's. */
const betweenRuns = 600;

/** Disturbs a scenario, and goes on from what is left. */
async function disturbed(
  prepared: Prepared,
  { connection = {}, add, judge, refreshes, ends, forgets }: Disturbance,
): Promise<Outcome> {
  const { scenario, wanted, end } = prepared;
  const stack = await restored(prepared);
  const problems: string[] = [];
  const demand = (what: string, isSo: boolean, more: readonly string[] = []) => {
    if (!isSo) problems.push([what, ...more].join("\n    "));
  };
  add?.(stack);
  const first = await scenario.act(stack, { connection });
  const { host: _, ...credentials } = stack.emulator.credentials();
  const secrets = [...Object.values(credentials), ...secretsIn(stack)];
  for (const error of first.errors)
    for (const wrong of judge(error, secrets)) problems.push(`an error ${wrong}:\n    ${error}`);
  const resources = first.errors.map((error) => error.slice(0, error.indexOf(": ")));
  demand("a resource has two errors", new Set(resources).size === resources.length, resources);
  const kept = [...stack.resources.values()];
  demand(
    "the state is not JSON",
    isJson(kept),
    kept.map((one) => JSON.stringify(one)),
  );

  stack.emulator.faults.clear();
  stack.later(betweenRuns);
  const asLeft = new Map(stack.resources);
  const refreshed = await stack.refresh();
  demand("refresh does not work any more", refreshed.how === "done", refreshed.errors);
  if (forgets) return { failed: first.how === "failed", problems };
  if (!refreshes) stack.restore(asLeft);
  const again = await scenario.again(stack);
  demand("the next run does not work", again.how === "done", [...first.errors, ...again.errors]);
  stack.later(betweenRuns);
  const differences = differing(wanted, holdings(stack.emulator));
  demand("the account is another one", differences.length === 0, [...differences, ...first.errors]);
  const third = await scenario.again(stack);
  demand("there is still something to do", third.steps.length === 0, [...third.steps, ...third.errors]);
  if (!ends) return { failed: first.how === "failed", problems };

  for (const step of scenario.end) {
    const ended = await step(stack);
    demand("it can't be ended", ended.how === "done", ended.errors);
  }
  const leftOver = differing(end, holdings(stack.emulator));
  demand("something else is left in the end", leftOver.length === 0, leftOver);
  demand("something is left in the state", stack.resources.size === 0, [...stack.resources.keys()]);
  return { failed: first.how === "failed", problems };
}

/** References of tokens, which open namespaces. */
function secretsIn({ emulator }: ProgramStack): string[] {
  const { edgekv } = emulator.state.get() as {
    edgekv: { tokens: Record<string, { value: { uuid: string } | null }[]> };
  };
  return Object.values(edgekv.tokens).flatMap((versions) =>
    versions.flatMap(({ value }) => (value === null ? [] : [value.uuid])),
  );
}

/** What the engine can write down and read again: nothing in it is undefined, or lost on the way. */
const isJson = (value: unknown): boolean =>
  typeof value === "object" && value !== null
    ? Object.values(value).every(isJson)
    : value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);

/** The lines in which two accounts differ. */
function differing(one: object, other: object): string[] {
  const [had, has] = [one, other].map((account) => linesOf(account)) as [string[], string[]];
  return [
    ...had.filter((line) => !has.includes(line)).map((line) => `- ${line}`),
    ...has.filter((line) => !had.includes(line)).map((line) => `+ ${line}`),
  ];
}

const linesOf = (value: unknown, path = ""): string[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, member]) => linesOf(member, `${path}.${key}`))
    : [`${path} = ${String(value)}`];

/** A place of the matrix: a request that a scenario sends. */
interface Place {
  readonly prepared: Prepared;
  readonly route: Route;
}

interface Cell extends Place {
  readonly faultKind: FaultKind;
  readonly times: number;
}

const nameOf = ({ prepared, route, faultKind, times }: Cell) =>
  `${prepared.scenario.what}, ${route}, ${faultKind.name} ${times === 1 ? "once" : "for good"}`;

/** Cells by a pattern, for whoever looks for one of many failures: `CELL="words: create, GET /edgekv/v1/tokens, 409 once"`. */
const only = process.env.CELL;
/** The short form's part of the matrix: one of so many cells of each kind, at least one, and other routes for each. */
const oneOf = 149;
const inShort = (kind: number, own: readonly Cell[]) =>
  own.filter((_, index) => index % oneOf === (kind * 37) % Math.min(oneOf, own.length));
const secondsInFull = 3600;

const prepared: Prepared[] = [];
let places: Place[] = [];
let cells: Cell[] = [];
beforeAll(async () => {
  // Stacks of all that is awaited cost more than the rest; a connection is enough to see that an error has none.
  Error.stackTraceLimit = 1;
  for (const scenario of scenarios) prepared.push(await prepare(scenario));
  // One handler of a kind for each route: what is asked of an EdgeWorker is the same whatever it is for.
  const kindOf = ({ what }: Scenario, route: Route) => `${what.split(": ")[1]} ${route}`;
  const seen = new Set<string>();
  places = prepared.flatMap((one) =>
    one.routes.flatMap((route) => {
      const kind = kindOf(one.scenario, route);
      const isNew = !seen.has(kind);
      seen.add(kind);
      return isNew ? [{ prepared: one, route }] : [];
    }),
  );
  const all = faultKinds.flatMap((faultKind) =>
    places
      .filter(({ route }) => faultKind.on?.(route) ?? true)
      .flatMap((place) => [1, 1000].map((times) => ({ ...place, faultKind, times }))),
  );
  // Each fault on each route, once and for good in turn: both of each would take twice the time, and the next fault takes the other.
  const inTurn = ({ prepared, route, faultKind, times }: Cell) =>
    (places.findIndex((place) => place.prepared === prepared && place.route === route) +
      faultKinds.indexOf(faultKind)) %
      2 ===
    (times === 1 ? 0 : 1);
  cells =
    only === undefined
      ? isFull
        ? all.filter(inTurn)
        : faultKinds.flatMap((faultKind, kind) =>
            inShort(
              kind,
              all.filter((cell) => cell.faultKind === faultKind),
            ),
          )
      : all.filter((cell) => new RegExp(only).test(nameOf(cell)));
}, 120_000);
afterAll(async () => {
  for (const { stack } of prepared) await stack.close();
});

test.each(faultKinds)(
  "$name",
  async (faultKind) => {
    const own = cells.filter((cell) => cell.faultKind === faultKind);
    const problems: string[] = [];
    let failed = 0;
    let converged = 0;
    for (const [index, cell] of own.entries()) {
      const { route, times } = cell;
      const outcome = await disturbed(cell.prepared, {
        ...(faultKind.timeoutMs !== undefined && { connection: { timeoutMs: faultKind.timeoutMs } }),
        add: ({ emulator }) => emulator.faults.add(faultOn(route, faultKind, times, emulator.clock.now())),
        judge: (error, secrets) => faultsInError(error, route, faultKind, secrets),
        refreshes: index % 2 === 1,
        ends: index % 4 === 0,
        // Nobody deletes what the service keeps saying is not there: a 404 on what a destroy looks at is the word of the service, EW2002 above all.
        forgets:
          times > 1 &&
          faultKind.name === "404" &&
          route.startsWith("GET ") &&
          cell.prepared.scenario.what.endsWith(": destroy"),
      });
      if (outcome.failed) failed += 1;
      if (outcome.problems.length === 0) converged += 1;
      problems.push(...outcome.problems.map((problem) => `${nameOf(cell)}: ${problem}`));
    }
    report("Faults", {
      fault: faultKind.name,
      cells: own.length,
      succeeded: own.length - failed,
      "failed with a clear error": failed,
      "converged after": converged,
    });
    expect(problems).toEqual([]);
  },
  secondsInFull * 1000,
);

/** What no route is to blame for: every operation begins with it. */
const lines: readonly (readonly [name: string, connection: Connection, expected: RegExp])[] = [
  [
    "a certificate that is not trusted",
    { isTrusted: false },
    /got no answer: .+ \(DEPTH_ZERO_SELF_SIGNED_CERT\)\n {2}The server's certificate/,
  ],
  // RFC 6761: names below `invalid` are known not to exist.
  [
    "a host that does not resolve",
    { host: "nowhere.invalid" },
    /got no answer: .+ \((ENOTFOUND|EAI_AGAIN)\)\n {2}The host name could not be/,
  ],
];
test.each(lines)(
  "%s",
  async (fault, connection, expected) => {
    const own = only === undefined ? every(6, prepared) : [];
    const problems: string[] = [];
    let converged = 0;
    for (const one of own) {
      const judge = (error: string, secrets: readonly string[]) => [
        ...(expected.test(error) ? [] : ["does not name what is wrong"]),
        ...wrongIn(error, secrets),
      ];
      const outcome = await disturbed(one, { connection, judge, refreshes: false, ends: true });
      if (!outcome.failed) problems.push(`${one.scenario.what}: it succeeded`);
      if (outcome.problems.length === 0) converged += 1;
      problems.push(...outcome.problems.map((problem) => `${one.scenario.what}: ${problem}`));
    }
    report("Faults", {
      fault,
      cells: own.length,
      succeeded: 0,
      "failed with a clear error": own.length,
      "converged after": converged,
    });
    expect(problems).toEqual([]);
  },
  secondsInFull * 1000,
);

test("the scenarios send every request that the examples send", async () => {
  const sent = new Set<Route>();
  for (const [name, program] of examples([
    "database",
    "namespace",
    "edgekv",
    "accessToken",
    "itemGroup",
    "edgeWorker",
    "geo-greeting",
    "edgeWorkerRules",
    "full-site",
  ])) {
    const stack = await start();
    for (const config of [{}, { greeter: "off" }]) {
      stack.config = config;
      demandDone(name, await stack.up(program));
    }
    demandDone(name, await stack.refresh());
    demandDone(name, await stack.destroy());
    for (const entry of stack.emulator.journal()) sent.add(routeOf(entry));
    await stack.close();
  }
  const ours = new Set(places.map(({ route }) => route));
  expect([...sent].filter((route) => !ours.has(route))).toEqual([]);
}, 120_000);
