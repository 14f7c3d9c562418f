import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { EmulatorSettings } from "../../../emulator";
import { edgekv, edgeworkers, property } from "../../../sdk";
import { addEdgeWorkers } from "../../support/edgeWorkers";
import { ProgramStack, type RunResult, type StoredResource } from "../../support/testEngine/programStack";
import { isFull, report } from "../support/extent";

/** Far more resources at once than the limits of speed let through: all of them are handed over side by side, more than any engine does. */

const groupId = 72297;
const minute = 60;
const day = 86_400;

/** Documented seconds: until every server shows an item, or another object; until a token, or a version on a network, is in place. */
const takes = { item: 10, object: 5, token: 120, deployment: 300 } as const;
/** So much longer than by arithmetic it may take. */
const most = 1.2;

jest.setTimeout(isFull ? 600_000 : 120_000);

let stack: ProgramStack;
afterEach(() => stack.close());

/** An account with the documented limits, unless a test sets others; the rates of items and of Property Manager are on the same clock as all others. */
async function start(
  settings: Partial<EmulatorSettings> = {},
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const documented = { itemRatePerSecond: 73, papiRequestsPerMinute: 100, papiRequestBurst: 1000 };
  const seed = Number(process.env.SEED ?? 1);
  stack = await ProgramStack.start(
    { traffic: "clock", seed, settings: { initialized: true, ...documented, ...settings } },
    config,
  );
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Seconds until the last of so many may be asked for, where so many are let through in a window of time. */
const inWindows = (count: number, limit: number, seconds = minute) =>
  (Math.ceil(count / limit) - 1) * seconds;

/** Requests of items that may be in flight before the first answer shows the limit. */
const inFlight = 64;

/** Runs without a failure, and in little more than the given seconds. */
async function expectInTime(
  what: string,
  arithmetic: (ended: RunResult) => number,
  act: () => Promise<RunResult>,
): Promise<RunResult> {
  // As much as lies between two runs at least.
  stack.later(2);
  stack.emulator.clearJournal();
  const ended = await act();
  expect(ended.errors.slice(0, 3)).toEqual([]);
  expect(ended.how).toBe("done");
  const least = arithmetic(ended);
  const refused = stack.emulator.journal().filter(({ status }) => status === 429).length;
  const ratio = Math.round((100 * ended.seconds) / least) / 100;
  report("Load", {
    what,
    requests: ended.requests.length,
    refused,
    seconds: Math.round(ended.seconds),
    "limit's arithmetic": Math.round(least),
    ratio,
  });
  expect({ what, ratio, isInTime: ratio <= most }).toEqual({ what, ratio, isInTime: true });
  // What is refused costs the account as much as what is not. A burst is refused once: as many as are in flight.
  expect({ what, refused, isLittle: refused <= inFlight + ended.requests.length / 10 }).toEqual({
    what,
    refused,
    isLittle: true,
  });
  return ended;
}

const bundle = (version: string) => ({
  "main.js": `export function onClientRequest(request) {\n  request.respondWith(418, {}, "${version}");\n}\n`,
  "bundle.json": JSON.stringify({ "edgeworker-version": version }),
});

/** EdgeWorkers with so many versions of each, the last one live on staging. */
function workers(count: number, versions: number): PulumiFn {
  return async () => {
    for (const number of numbers(count)) {
      const { edgeWorkerId } = new edgeworkers.EdgeWorker(`worker-${number}`, {
        groupId,
        resourceTierId: 100,
      });
      const all = numbers(versions).map(
        (version) =>
          new edgeworkers.Version(`worker-${number}-${version}`, {
            edgeWorkerId,
            bundle: bundle(`1.${version}`),
          }),
      );
      const last = all.at(-1);
      if (last)
        new edgeworkers.Activation(`worker-${number}`, {
          edgeWorkerId,
          network: "staging",
          version: last.version,
        });
    }
  };
}

/** EdgeWorkers in the account, and those of which a version is live on staging. */
function account(): { ids: number; live: number } {
  const { edgeworkers: kept } = stack.emulator.state.get() as {
    edgeworkers: {
      ids: Record<string, { value: unknown }[]>;
      belongings: Record<string, { deployments: { value: { kind: string } }[][] }>;
    };
  };
  const isThere = (states: { value: unknown }[]) => (states.at(-1)?.value ?? null) !== null;
  const live = Object.values(kept.belongings).filter(
    ({ deployments }) => deployments.at(-1)?.at(-1)?.value.kind === "activation",
  );
  return { ids: Object.values(kept.ids).filter(isThere).length, live: live.length };
}

// EdgeWorker ids: 10 in a minute; versions: 20 in a minute; activations: 20 in a minute on each network; deactivations: 5.
test("EdgeWorkers, their versions and activations, and all of it off again", async () => {
  const [count, versions] = isFull ? [40, 10] : [11, 4];
  await start();
  const what = `${count} EdgeWorkers, ${count * versions} versions, ${count} activations`;
  const uploads = Math.max(inWindows(count, 10), inWindows(count * versions, 20));
  await expectInTime(
    `${what}: up`,
    () => uploads + takes.deployment + 3 * takes.object,
    () => stack.up(workers(count, versions)),
  );
  expect(account()).toEqual({ ids: count, live: count });
  const off = () => inWindows(count, 5) + takes.deployment + 3 * takes.object;
  await expectInTime(`${what}: destroy`, off, () => stack.destroy({ sideBySide: true }));
  expect(account()).toEqual({ ids: 0, live: 0 });
});

// Items: 73 requests in a second.
test("items, each a resource of its own", async () => {
  const count = isFull ? 500 : 60;
  await start();
  const program: PulumiFn = async () => {
    for (const number of numbers(count)) {
      new edgekv.Item(`item-${number}`, {
        network: "staging",
        namespace: "default",
        group: "g",
        key: `k${number}`,
        value: `v${number}`,
      });
    }
  };
  // Reads that wait for what was written count, too: they are more than the writes, and not without bound.
  const ofItems = ({ requests }: RunResult) =>
    requests.filter((request) => request.includes("/items/")).length;
  const byRequests = (ended: RunResult) => ofItems(ended) / 73 + takes.item;
  const made = await expectInTime(`${count} items: up`, byRequests, () => stack.up(program));
  expect(ofItems(made)).toBeLessThanOrEqual(12 * count);
  const gone = await expectInTime(`${count} items: destroy`, byRequests, () =>
    stack.destroy({ sideBySide: true }),
  );
  expect(ofItems(gone)).toBeLessThanOrEqual(12 * count);
});

test("a group of items", async () => {
  const count = isFull ? 5000 : 1000;
  await start();
  const items = Object.fromEntries(numbers(count).map((number) => [`k${number}`, `v${number}`]));
  const program: PulumiFn = async () => {
    new edgekv.ItemGroup("group", {
      network: "staging",
      namespace: "default",
      group: "g",
      items,
      transfer: "items",
    });
  };
  await expectInTime(
    `a group of ${count} items: up`,
    () => count / 73 + takes.item,
    () => stack.up(program),
  );
});

// Their number is limited, which Akamai raises on request, and no speed is known.
test("namespaces and access tokens", async () => {
  const count = isFull ? 250 : 25;
  await start(
    { namespacesPerNetwork: count + 1, tokensPerAccount: count },
    { namespacesPerNetwork: String(count + 1) },
  );
  const program: PulumiFn = async () => {
    for (const number of numbers(count)) {
      const { name } = new edgekv.Namespace(`space-${number}`, {
        network: "staging",
        groupId,
        retentionInSeconds: 0,
      });
      const namespacePermissions = name.apply((one): Record<string, "r"[]> => ({ [one]: ["r"] }));
      new edgekv.AccessToken(`token-${number}`, { allowOnStaging: true, namespacePermissions });
    }
  };
  const propagation = () => takes.object + takes.token + takes.object;
  await expectInTime(`${count} namespaces, ${count} access tokens: up`, propagation, () => stack.up(program));
});

/** More properties like the one that is there. */
function addProperties(names: readonly string[]): void {
  const state = stack.emulator.state.get() as {
    property: { properties: Record<string, { assetId: number }> };
  };
  const [first] = Object.values(state.property.properties);
  if (first === undefined) throw new Error("there is no property");
  for (const [index, propertyName] of names.entries()) {
    const propertyId = 200_000 + index;
    const own = { propertyId, propertyName, assetId: first.assetId + propertyId };
    state.property.properties[propertyId] = { ...structuredClone(first), ...own };
  }
  stack.emulator.state.put(state);
}

// Property Manager: 100 requests in a minute, after a burst of 1000; each answer tells what is left.
test("rules of properties", async () => {
  // Somebody else has used up the most of the burst in the short form.
  const [count, burst] = isFull ? [100, 1000] : [10, 40];
  await start({ papiRequestBurst: burst });
  const names = numbers(count).map((number) => `site-${number}.example.com`);
  addProperties(names);
  addEdgeWorkers(stack.emulator, 1234);
  const program: PulumiFn = async () => {
    for (const propertyName of names) {
      const rule = { name: "Greeter", paths: ["/hello"], edgeWorker: { edgeWorkerId: 1234 } };
      new property.EdgeWorkerRules(propertyName, { propertyName, baseVersion: "latest", rules: [rule] });
    }
  };
  const byRequests = ({ requests }: RunResult) =>
    (requests.filter((request) => request.includes("/papi/")).length - burst) / (100 / minute);
  const made = await expectInTime(`rules of ${count} properties: up`, byRequests, () => stack.up(program));
  expect(byRequests(made)).toBeGreaterThan(20);
});

// EdgeWorker ids: 50 in a day; activations: 500; deactivations: 50. Nobody waits for tomorrow.
describe("a limit of a day", () => {
  /** When the service lets go on, as every one of the errors says, in seconds from now. */
  function toldWait({ errors }: RunResult): number {
    // The first one that is too many is refused by the check already, which counts what the run adds.
    const sent = errors.filter((error) => !error.includes("there is no room for it"));
    const times = sent.map((error) => Date.parse(/used up until (\S+Z)/.exec(error)?.[1] ?? ""));
    expect(new Set(times).size).toBe(1);
    return ((times[0] ?? Number.NaN) - stack.clock.now()) / 1000;
  }

  test("for EdgeWorkers: 50 are made, the others fail at once and say when, and the run after that makes them", async () => {
    const count = 55;
    await start();
    const program: PulumiFn = async () => {
      for (const number of numbers(count))
        new edgeworkers.EdgeWorker(`worker-${number}`, { groupId, resourceTierId: 100 });
    };
    const first = await stack.up(program);
    expect([first.how, first.errors.length, account().ids]).toEqual(["failed", count - 50, 50]);
    expect(first.seconds).toBeLessThan(most * (inWindows(50, 10) + takes.object));
    const wait = toldWait(first);
    expect(wait).toBeGreaterThan(day - first.seconds);
    expect(wait).toBeLessThanOrEqual(day);
    const tooEarly = await stack.up(program);
    expect([tooEarly.errors.length, account().ids]).toEqual([count - 50, 50]);
    expect(tooEarly.seconds).toBeLessThan(30);
    stack.later(toldWait(tooEarly));
    expect(await stack.up(program)).toMatchObject({ how: "done", errors: [] });
    expect(account().ids).toBe(count);
  });

  test("for activations and deactivations: what did not get through is reported, stays as it was, and goes on later", async () => {
    const count = 8;
    await start({ activationsPerDay: 6, deactivationsPerDay: 6 });
    const activations = () =>
      [...stack.resources.values()].filter(({ token }: StoredResource) => token === "edgeworkers:Activation")
        .length;
    const on = await stack.up(workers(count, 1));
    expect([on.errors.length, account(), activations()]).toEqual([2, { ids: count, live: 6 }, 6]);
    expect(on.seconds).toBeLessThan(most * (takes.deployment + 3 * takes.object));
    stack.later(toldWait(on));
    expect(await stack.up(workers(count, 1))).toMatchObject({ how: "done", errors: [] });
    expect([account(), activations()]).toEqual([{ ids: count, live: count }, count]);
    const off = await stack.destroy({ sideBySide: true });
    expect([off.errors.length, account(), activations()]).toEqual([2, { ids: count, live: 2 }, 2]);
    expect(off.seconds).toBeLessThan(most * (inWindows(6, 5) + takes.deployment + 3 * takes.object));
    stack.later(toldWait(off));
    expect(await stack.destroy({ sideBySide: true })).toMatchObject({ how: "done", errors: [] });
    expect([account(), stack.resources.size]).toEqual([{ ids: 0, live: 0 }, 0]);
  });
});
