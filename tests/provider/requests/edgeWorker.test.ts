/** What EdgeWorkers, their versions and activations cost in requests when nothing contradicts the run. */
import type { StoredResource } from "../../support/testEngine";
import { CountedRuns } from "./support";

let runs: CountedRuns;
afterEach(() => runs.engine.close());

describe("an EdgeWorker, its version and its activation", () => {
  const ids = "/edgeworkers/v1/ids";
  const one = `${ids}/54321`;
  const bundle = {
    "main.js": "export function onClientRequest(request) { request.respondWith(200, {}, 'hello'); }\n",
    "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
  };
  const worker = { name: "greeter", groupId: 72297, resourceTierId: 200 };
  const code = { edgeWorkerId: 54321, bundle };
  const live = { edgeWorkerId: 54321, network: "staging", version: "1.0" };
  type Made = Readonly<Record<"worker" | "code" | "live", StoredResource>>;
  const up = async (olds: Partial<Made> = {}): Promise<Made> => ({
    worker: await runs.engine.up("edgeworkers:EdgeWorker", "greeter", worker, olds.worker),
    code: await runs.engine.up("edgeworkers:Version", "code", code, olds.code),
    live: await runs.engine.up("edgeworkers:Activation", "live", live, olds.live),
  });
  const asked = async (act: () => Promise<unknown>) =>
    (await runs.requestsOf(act)).filter(
      // What every preview reads once, and what it sends to be validated.
      (request) => !/\/(validations|limits|groups|contracts|resource-tiers.*)$/.test(request),
    );

  test("cost one write each, a look and the polls; nothing without a change; as little at their end", async () => {
    runs = await CountedRuns.start();
    let made: Made | undefined;
    const created = await asked(async () => {
      made = await up();
    });
    const polls = created.filter((request) => request.startsWith(`GET ${one}/activations/`));
    expect(created.filter((request) => !polls.includes(request))).toEqual([
      // Once for a run: nothing tells it that an earlier one was killed right after its create.
      ...Array.from({ length: 4 }, () => `GET ${ids}`),
      `POST ${ids}`,
      `POST ${one}/versions`,
      `GET ${one}/activations?network=STAGING`,
      `POST ${one}/activations`,
      `GET ${one}/activations?network=STAGING&activeOnNetwork=true`,
    ]);
    expect(polls.length).toBeLessThanOrEqual(10);
    expect(await asked(() => up(made))).toEqual([]);
    const destroyed = await asked(async () => {
      for (const key of ["live", "code", "worker"] as const) if (made) await runs.engine.destroy(made[key]);
    });
    expect(destroyed.filter((request) => !request.startsWith(`GET ${one}/deactivations/`))).toEqual([
      `GET ${one}/activations?network=STAGING`,
      `POST ${one}/deactivations`,
      `DELETE ${one}/versions/1.0`,
      `GET ${one}/properties`,
      `DELETE ${one}`,
    ]);
  });

  test("of 40 EdgeWorkers in one run each costs its write alone, beside what previews share", async () => {
    runs = await CountedRuns.start({ lag: "none", settings: { edgeWorkerIds: 300 } });
    const created = await asked(() =>
      Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          runs.engine.up("edgeworkers:EdgeWorker", `greeter-${n}`, { ...worker, name: `greeter-${n}` }),
        ),
      ),
    );
    expect(created.filter((request) => request === `POST ${ids}`)).toHaveLength(40);
    expect(created.length).toBeLessThanOrEqual(45);
  });
});
