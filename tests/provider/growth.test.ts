/** What previews of many objects cost grows with their number, not with its square: work is counted at n and at 10 n. */

import { toReply } from "../../provider/http/reply";
import { declareKeys, isWrittenThisRun, markWritten } from "../../provider/items/declaredKeys";
import { preflightNamespace } from "../../provider/resources/edgekv/namespace/preview";
import { preflightEdgeWorker } from "../../provider/resources/edgeworkers/edgeWorker/preview";
import type { ApiRequest } from "../../provider/runtime/httpClient";
import { RunState } from "../../provider/runtime/runState";
import { offline } from "./framework/fakes";

const methods = ["find", "findIndex", "filter", "some", "every", "map", "flatMap", "forEach"] as const;

/** How many entries of lists were looked at. */
async function workOf(act: () => unknown): Promise<number> {
  let work = 0;
  const list = Array.prototype as unknown as Record<string, (this: unknown[], ...args: unknown[]) => unknown>;
  const originals = methods.map((name) => [name, list[name]] as const);
  for (const [name, original] of originals) {
    if (original === undefined) continue;
    list[name] = function (callback, ...rest) {
      const counted = function (this: unknown, ...args: unknown[]) {
        work += 1;
        return (callback as (...all: unknown[]) => unknown).apply(this, args);
      };
      return original.call(this, typeof callback === "function" ? counted : callback, ...rest);
    };
  }
  try {
    await act();
  } finally {
    for (const [name, original] of originals) if (original !== undefined) list[name] = original;
  }
  return work;
}

const numbers = (n: number) => Array.from({ length: n }, (_, index) => index);
/** An account that lists what it has. */
const contextOf = (listings: Readonly<Record<string, unknown>>) =>
  offline({ previewReads: true, namespacesPerNetwork: 1_000_000 }, async ({ method, path }: ApiRequest) => {
    const body = Buffer.from(JSON.stringify(listings[path]));
    return toReply({ method, path }, 200, { "content-type": "application/json" }, body);
  });
const draftOf = <T extends object>(known: T, logicalName: string) => ({
  known,
  unknown: new Set<string>(),
  partiallyKnown: known,
  oldInputs: {},
  kept: {},
  logicalName,
});

async function previewNamespaces(n: number): Promise<void> {
  const namespaces = numbers(n).map((one) => ({
    namespace: `other-${one}`,
    retentionInSeconds: 0,
    groupId: 1,
    geoLocation: "US",
  }));
  const context = contextOf({
    "/edgekv/v1/initialize": {
      accountStatus: "INITIALIZED",
      productionStatus: "INITIALIZED",
      stagingStatus: "INITIALIZED",
    },
    "/edgekv/v1/networks/staging/namespaces": { namespaces },
    "/edgekv/v1/auth/groups": { groups: [{ groupId: 1, groupName: "all", capabilities: [] }] },
  });
  for (const one of numbers(n)) {
    const known = { name: `catalog-${one}`, network: "staging", groupId: 1, retentionInSeconds: 0 } as const;
    const draft = draftOf(known, known.name) as unknown as Parameters<typeof preflightNamespace>[1];
    expect(await preflightNamespace(context, draft)).toEqual([]);
  }
}

async function previewEdgeWorkers(n: number): Promise<void> {
  const edgeWorkerIds = numbers(n).map((one) => ({
    edgeWorkerId: one + 1,
    name: "other",
    groupId: 1,
    resourceTierId: 200,
    description: `other [pulumi ${String(one).padStart(12, "0")}]`,
  }));
  const context = contextOf({
    "/edgeworkers/v1/ids": { edgeWorkerIds },
    "/edgeworkers/v1/groups": { groups: [{ groupId: 1, groupName: "all", capabilities: ["EDIT"] }] },
    "/edgeworkers/v1/contracts": { contractIds: ["1"] },
    "/edgeworkers/v1/resource-tiers": { resourceTiers: [{ resourceTierId: 200, resourceTierName: "Basic" }] },
    "/edgeworkers/v1/limits": { limits: [{ limitId: "ew-id-per-account-limit", limitValue: 1_000_000 }] },
  });
  for (const one of numbers(n)) {
    const known = { owner: `p/s/${one}`, name: "greeter", groupId: 1, resourceTierId: 200 };
    const draft = draftOf(known, "greeter") as unknown as Parameters<typeof preflightEdgeWorker>[1];
    expect(await preflightEdgeWorker(context, draft)).toEqual([]);
  }
}

test.each([
  ["namespaces", previewNamespaces],
  ["EdgeWorkers", previewEdgeWorkers],
])("a preview of %s beside as many others", async (_, preview) => {
  await preview(3);
  const [few, many] = [await workOf(() => preview(30)), await workOf(() => preview(300))];
  expect(few).toBeGreaterThan(0);
  expect(many / few).toBeLessThan(15);
});

test("claims of single items of one group", () => {
  const workFor = (n: number) => {
    let asked = 0;
    const runState = new RunState();
    const ref = { network: "staging", namespace: "catalog", group: "countries" } as const;
    for (const one of numbers(n)) {
      const key = `key-${one}`;
      const has = (other: string) => {
        asked += 1;
        return other === key;
      };
      expect(
        declareKeys(runState, ref, `owner-${one}`, { keys: [key], has, exclusive: false }),
      ).toBeUndefined();
      markWritten(runState, `owner-${one}`);
    }
    for (const one of numbers(n)) expect(isWrittenThisRun(runState, ref, `key-${one}`)).toBe(true);
    expect(
      declareKeys(runState, ref, "another", {
        keys: ["key-0"],
        has: (key) => key === "key-0",
        exclusive: false,
      }),
    ).toEqual({ owner: "owner-0", key: "key-0" });
    return asked;
  };
  expect(workFor(1000)).toBeLessThanOrEqual(10 * Math.max(1, workFor(100)));
});
