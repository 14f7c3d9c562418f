import type { LagMode } from "../../../emulator/index";
import { BASE, expectError, Workers } from "./support/worker";

let workers: Workers;
afterEach(() => workers.close());

type Activation = { activationId: number; version: string; network: string; status: string };

const now = () => `${new Date(workers.emulator.clock.now()).toISOString().slice(0, 19)}Z`;
const list = async (id: number, query = "", kind = "activations") =>
  (await workers.get(`/ids/${id}/${kind}${query}`)).json[kind] as Activation[];

/** An ID with versions that every replica knows. */
async function known(lag: LagMode, ...versions: string[]): Promise<number> {
  workers = await Workers.start({ lag, settings: { deactivationsPerMinute: 100 } });
  const id = await workers.id();
  workers.advance(5);
  for (const version of versions) await workers.version(id, version);
  workers.advance(5);
  return id;
}

const cancel = (id: number, number = 1) => workers.send("DELETE", `/ids/${id}/activations/${number}`);

describe("the way of an activation", () => {
  test("PRESUBMIT, PENDING, IN_PROGRESS, COMPLETE", async () => {
    const id = await known(100, "1.0");
    const reply = await workers.activate(id, "1.0", "STAGING", { note: "first rollout", autoPin: false });
    const object = {
      edgeWorkerId: id,
      version: "1.0",
      activationId: 1,
      accountId: "A-CCT1234",
      status: "PRESUBMIT",
      network: "STAGING",
      note: "first rollout",
      createdBy: "default",
      createdTime: now(),
      lastModifiedTime: now(),
    };
    expect([reply.status, reply.json, reply.headers.location]).toEqual([
      201,
      object,
      `${BASE}/ids/${id}/activations/1`,
    ]);
    workers.advance(5);
    expect((await workers.get(`/ids/${id}/activations/1`)).json).toEqual(object);
    for (const [seconds, status] of [
      [5, "PENDING"],
      [19, "PENDING"],
      [1, "IN_PROGRESS"],
      [69, "IN_PROGRESS"],
      [1, "COMPLETE"],
    ] as const) {
      expect(await workers.live(id)).toBeUndefined();
      workers.advance(seconds);
      expect(await workers.status(id, 1)).toBe(status);
    }
    expect((await workers.get(`/ids/${id}/activations/1`)).json).toEqual({
      ...object,
      status: "COMPLETE",
      lastModifiedTime: now(),
    });
    expect(await workers.live(id)).toBe("1.0");
    expect(await workers.live(id, "PRODUCTION")).toBeUndefined();
  });

  test("takes two to five minutes", async () => {
    const id = await known("default", "1.0");
    for (const network of ["STAGING", "PRODUCTION"]) await workers.activate(id, "1.0", network);
    workers.advance(119);
    expect([await workers.status(id, 1), await workers.status(id, 2)]).toEqual([
      "IN_PROGRESS",
      "IN_PROGRESS",
    ]);
    workers.advance(181);
    expect([await workers.status(id, 1), await workers.status(id, 2)]).toEqual(["COMPLETE", "COMPLETE"]);
  });

  test("without lag it is over at once, but the reply does not know", async () => {
    workers = await Workers.start();
    const id = await workers.idWith("1.0");
    expect((await workers.activate(id, "1.0")).json.status).toBe("PRESUBMIT");
    expect(await workers.status(id, 1)).toBe("COMPLETE");
  });

  test("other replicas may not see it where objects are stale for five seconds", async () => {
    const id = await known({ preset: 100, object: 5 }, "1.0");
    await workers.activate(id, "1.0");
    workers.advance(2.5);
    const seen = new Set();
    for (let i = 0; i < 40; i += 1) seen.add((await workers.get(`/ids/${id}/activations/1`)).status);
    expect(seen).toEqual(new Set([200, 404]));
  });

  test.each(["ERROR", "ABORTED", "CANCELLED", "DELETED_BY_AKAMAI", "EXPIRED"] as const)(
    "one that ends as %s",
    async (failedStatus) => {
      workers = await Workers.start({ lag: 100, settings: { failActivations: 1, failedStatus } });
      const id = await workers.id();
      workers.advance(5);
      await workers.version(id, "1.0");
      workers.advance(5);
      await workers.activate(id, "1.0");
      workers.advance(99);
      expect(await workers.status(id, 1)).toBe("IN_PROGRESS");
      workers.advance(1);
      expect(await workers.status(id, 1)).toBe(failedStatus);
      expect(await workers.live(id)).toBeUndefined();
      await workers.activate(id, "1.0");
      workers.advance(100);
      expect(await workers.status(id, 2)).toBe("COMPLETE");
    },
  );

  test.each(["PRESUBMIT", "PENDING", "IN_PROGRESS"] as const)(
    "one that stays %s for ever, and does not hold up the next",
    async (failedStatus) => {
      workers = await Workers.start({ settings: { failActivations: 1, failedStatus } });
      const id = await workers.idWith("1.0", "2.0");
      await workers.activate(id, "1.0");
      workers.advance(1e6);
      expect(await workers.status(id, 1)).toBe(failedStatus);
      expectError(await workers.activate(id, "1.0"), 400, "EW1021");
      await workers.activate(id, "2.0");
      expect(await workers.live(id)).toBe("2.0");
    },
  );

  test("is kept, and can be chosen, in the state", async () => {
    const id = await known(100, "1.0");
    await workers.activate(id, "1.0");
    type State = {
      edgeworkers: { belongings: Record<number, { deployments: { value: { outcome: string } }[][] }> };
    };
    const state = workers.emulator.state.get() as State;
    for (const [deployment] of state.edgeworkers.belongings[id]?.deployments ?? [])
      Object.assign(deployment?.value ?? {}, { outcome: "EXPIRED" });
    workers.emulator.state.put(state);
    workers.advance(100);
    expect(await workers.status(id, 1)).toBe("EXPIRED");
  });
});

describe("activate", () => {
  test("what cannot be", async () => {
    const id = await known("default", "1.0");
    expectError(await workers.activate(id, "9.9"), 404, "EW2003");
    expectError(await workers.activate(id, "1.0", "staging"), 400, undefined, /STAGING, PRODUCTION/);
    expectError(
      await workers.post(`/ids/${id}/activations`, { network: "STAGING" }),
      400,
      undefined,
      /version/,
    );
    expectError(await workers.activate(id, "1.0", "STAGING", { note: "" }), 400, undefined, /note/);
    expectError(
      await workers.activate(id, "1.0", "STAGING", { note: "n".repeat(129) }),
      400,
      undefined,
      /note/,
    );
    expectError(await workers.activate(id, "1.0", "STAGING", { autoPin: "yes" }), 400, undefined, /autoPin/);
    expectError(await workers.activate(1, "1.0"), 404, "EW2002");
    expectError(await workers.get(`/ids/${id}/activations/1`), 404, "EW2004");
    expectError(await workers.get(`/ids/${id}/activations?network=staging`), 400);
  });

  test("the same again: being activated, then active", async () => {
    const id = await known(100, "1.0");
    await workers.activate(id, "1.0");
    expectError(
      await workers.activate(id, "1.0"),
      400,
      "EW1021",
      "This version is already being activated on staging",
    );
    expectError(await workers.deactivate(id, "1.0"), 400, "EW1021");
    expect((await workers.activate(id, "1.0", "PRODUCTION")).status).toBe(201);
    workers.advance(100);
    expectError(
      await workers.activate(id, "1.0"),
      400,
      "EW1022",
      "This version is already active on staging",
    );
    await workers.deactivate(id, "1.0");
    expectError(await workers.activate(id, "1.0"), 400, "EW1031");
    workers.advance(100);
    expect((await workers.activate(id, "1.0")).json.activationId).toBe(3);
  });

  test("a new version replaces the live one when it is complete; what it replaced stays COMPLETE", async () => {
    const id = await known(100, "1.0", "2.0");
    await workers.activate(id, "1.0");
    workers.advance(100);
    await workers.activate(id, "2.0");
    workers.advance(99);
    expect(await workers.live(id)).toBe("1.0");
    workers.advance(1);
    expect(await workers.live(id)).toBe("2.0");
    expect([await workers.status(id, 1), await workers.status(id, 2)]).toEqual(["COMPLETE", "COMPLETE"]);
    expectError(await workers.deactivate(id, "1.0"), 400, "EW1032");
    expect((await workers.activate(id, "1.0")).status).toBe(201);
  });

  test("those of a network are carried out in the order of the requests", async () => {
    const id = await known("default", "1.0", "2.0", "3.0");
    for (const version of ["1.0", "2.0", "3.0"]) await workers.activate(id, version);
    const order: unknown[] = [];
    for (let i = 0; i < 300; i += 1) {
      workers.advance(1);
      const live = await workers.live(id);
      if (live !== order.at(-1)) order.push(live);
    }
    expect(order.at(-1)).toBe("3.0");
    expect([...order].sort()).toEqual(order);
  });

  test("the lists: in no order, by version and network, and what is live", async () => {
    workers = await Workers.start();
    const id = await workers.idWith("1.0", "2.0");
    await workers.activate(id, "1.0");
    await workers.activate(id, "2.0");
    await workers.activate(id, "1.0", "PRODUCTION");
    const orders = new Set<string>();
    for (let i = 0; i < 20; i += 1)
      orders.add((await list(id)).map(({ activationId }) => activationId).join());
    expect(orders.size).toBeGreaterThan(1);
    expect(await list(id)).toHaveLength(3);
    expect(await list(id, "?version=1.0")).toHaveLength(2);
    expect(await list(id, "?version=1.0&network=STAGING")).toMatchObject([
      { activationId: 1, status: "COMPLETE" },
    ]);
    expect(await list(id, "?network=STAGING&activeOnNetwork=true")).toMatchObject([
      { activationId: 2, version: "2.0" },
    ]);
    expect(
      new Set((await list(id, "?activeOnNetwork=true")).map(({ activationId }) => activationId)),
    ).toEqual(new Set([2, 3]));
    expect(await list(id, "?activeOnNetwork=false")).toHaveLength(3);
    expect(await list(id, "", "deactivations")).toEqual([]);
  });

  test("ids count per EdgeWorker ID, and apart for deactivations", async () => {
    workers = await Workers.start();
    const [one, other] = [await workers.idWith("1.0"), await workers.idWith("1.0")];
    expect((await workers.activate(one, "1.0")).json.activationId).toBe(1);
    expect((await workers.deactivate(one, "1.0")).json.deactivationId).toBe(1);
    expect((await workers.activate(one, "1.0")).json.activationId).toBe(2);
    expect((await workers.activate(other, "1.0")).json.activationId).toBe(1);
  });
});

describe("cancel", () => {
  test("while it is PRESUBMIT or PENDING", async () => {
    const id = await known(100, "1.0");
    await workers.activate(id, "1.0");
    workers.advance(5);
    const reply = await cancel(id);
    expect([reply.status, reply.json.status, reply.json.lastModifiedTime]).toEqual([200, "CANCELLED", now()]);
    await workers.activate(id, "1.0");
    workers.advance(29);
    expect((await cancel(id, 2)).json.status).toBe("CANCELLED");
    workers.advance(100);
    expect([await workers.status(id, 1), await workers.status(id, 2)]).toEqual(["CANCELLED", "CANCELLED"]);
    expect(await workers.live(id)).toBeUndefined();
  });

  test("not later, not twice, not what is not there", async () => {
    const id = await known(100, "1.0");
    await workers.activate(id, "1.0");
    workers.advance(30);
    expectError(await cancel(id), 400, undefined, /IN_PROGRESS/);
    workers.advance(70);
    expectError(await cancel(id), 400, undefined, /COMPLETE/);
    expectError(await cancel(id, 2), 404, "EW2004");
    await workers.activate(id, "1.0", "PRODUCTION");
    workers.advance(5);
    await cancel(id, 2);
    expectError(await cancel(id, 2), 400, undefined, /CANCELLED/);
  });
});

describe("deactivate", () => {
  test("goes the same way, and nothing is live then", async () => {
    const id = await known(100, "1.0");
    await workers.activate(id, "1.0");
    workers.advance(100);
    const reply = await workers.deactivate(id, "1.0");
    expect([reply.status, reply.headers.location]).toEqual([201, `${BASE}/ids/${id}/deactivations/1`]);
    expect(reply.json).toMatchObject({
      deactivationId: 1,
      status: "PRESUBMIT",
      network: "STAGING",
      version: "1.0",
    });
    expect(reply.json).not.toHaveProperty("activationId");
    expectError(
      await workers.deactivate(id, "1.0"),
      400,
      "EW1031",
      "This version is currently being deactivated on staging",
    );
    workers.advance(30);
    expect(await workers.status(id, 1, "deactivations")).toBe("IN_PROGRESS");
    expect(await workers.live(id)).toBe("1.0");
    workers.advance(70);
    expect(await workers.live(id)).toBeUndefined();
    expect(await workers.status(id, 1)).toBe("COMPLETE");
    expect(await list(id, "?version=1.0", "deactivations")).toMatchObject([
      { deactivationId: 1, status: "COMPLETE" },
    ]);
    expect(await list(id, "?version=2.0", "deactivations")).toEqual([]);
    expectError(
      await workers.deactivate(id, "1.0"),
      400,
      "EW1032",
      "This version is already deactivated on staging",
    );
  });

  test("what was never active, or is not there", async () => {
    workers = await Workers.start();
    const id = await workers.idWith("1.0");
    expectError(await workers.deactivate(id, "1.0"), 400, "EW1032");
    expectError(await workers.deactivate(id, "2.0"), 404, "EW2003");
    expectError(await workers.get(`/ids/${id}/deactivations/1`), 404, "EW2004");
    expect((await workers.send("DELETE", `/ids/${id}/deactivations/1`)).status).toBe(404);
  });

  test("one that fails leaves the version live", async () => {
    workers = await Workers.start({ settings: { failDeactivations: 1 } });
    const id = await workers.idWith("1.0");
    await workers.activate(id, "1.0");
    await workers.deactivate(id, "1.0");
    expect(await workers.status(id, 1, "deactivations")).toBe("ERROR");
    expect(await workers.live(id)).toBe("1.0");
    await workers.deactivate(id, "1.0");
    expect(await workers.live(id)).toBeUndefined();
  });
});

describe("rollback", () => {
  const rollBack = (id: number, more: object = {}) =>
    workers.post(`/ids/${id}/activations/rollback`, { network: "STAGING", ...more });

  test("activates what was live before, back and forth", async () => {
    workers = await Workers.start();
    const id = await workers.idWith("1.0", "2.0");
    expectError(await rollBack(id), 400);
    await workers.activate(id, "1.0");
    expectError(await rollBack(id), 400);
    await workers.activate(id, "2.0");
    const reply = await rollBack(id, { note: "back" });
    expect([reply.status, reply.json]).toEqual([
      201,
      expect.objectContaining({ activationId: 3, version: "1.0", note: "back" }),
    ]);
    expect(await workers.live(id)).toBe("1.0");
    await rollBack(id);
    expect(await workers.live(id)).toBe("2.0");
    await workers.deactivate(id, "2.0");
    expect((await rollBack(id)).json.version).toBe("2.0");
    expectError(await workers.post(`/ids/${id}/activations/rollback`, {}), 400);
  });

  test("not to a version that was deleted", async () => {
    workers = await Workers.start();
    const id = await workers.idWith("1.0", "2.0");
    await workers.activate(id, "1.0");
    await workers.activate(id, "2.0");
    await workers.send("DELETE", `/ids/${id}/versions/1.0`);
    expectError(await rollBack(id), 404, "EW2003");
  });
});
