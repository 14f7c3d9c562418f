import type { EmulatorSettings } from "../../../emulator/index";
import type { Reply } from "../support/client";
import { expectError, NEW_ID, Workers } from "./support/worker";

let workers: Workers;
afterEach(() => workers.close());

const start = async (settings: Partial<EmulatorSettings>) => {
  workers = await Workers.start({ settings });
};

/** What a family of headers tells. */
const limitsFromHeaders = ({ headers }: Reply, family: string) => {
  const [limit, remaining, reset] = ["limit", "remaining", "reset"].map(
    (suffix) => headers[`${family.toLowerCase()}-${suffix}`],
  );
  return {
    limit: Number(limit),
    remaining: Number(remaining),
    reset: reset && Date.parse(String(reset)) - workers.emulator.clock.now(),
  };
};

function expectPlainText(reply: Reply, seconds: number) {
  expect([reply.status, reply.headers["content-type"]]).toEqual([429, "text/plain"]);
  const until =
    /^Your request did not succeed as this operation has reached the limit for your account\. Please try after (.+Z)$/.exec(
      reply.text,
    )?.[1];
  expect(Date.parse(until ?? "")).toBe(workers.emulator.clock.now() + seconds * 1000);
}

test("IDs of the account", async () => {
  await start({ edgeWorkerIds: 2 });
  const [first, second] = [await workers.post("/ids", NEW_ID), await workers.post("/ids", NEW_ID)];
  expect([first, second].map((reply) => limitsFromHeaders(reply, "X-Limit-Ew-Id-Per-Account"))).toEqual([
    { limit: 2, remaining: 1 },
    { limit: 2, remaining: 0 },
  ]);
  const refused = await workers.post("/ids", NEW_ID);
  expectError(refused, 429, "EW3002");
  expect(limitsFromHeaders(refused, "X-Limit-Ew-Id-Per-Account")).toEqual({ limit: 2, remaining: 0 });
  expectError(
    await workers.post(`/ids/${first.json.edgeWorkerId}/clone`, { resourceTierId: 100 }),
    429,
    "EW3002",
  );
  await workers.send("DELETE", `/ids/${first.json.edgeWorkerId}`);
  expect((await workers.post("/ids", NEW_ID)).status).toBe(201);
});

test("IDs in a minute and in a day: ten and fifty, in plain text", async () => {
  await start({});
  for (let i = 0; i < 10; i += 1) {
    const reply = await workers.post("/ids", NEW_ID);
    expect(limitsFromHeaders(reply, "X-RateLimit-Ew-Id-Per-Minute")).toEqual({
      limit: 10,
      remaining: 9 - i,
      reset: 60_000,
    });
    workers.advance(1);
  }
  const refused = await workers.post("/ids", NEW_ID);
  expectPlainText(refused, 50);
  expect(limitsFromHeaders(refused, "X-RateLimit-Ew-Id-Per-Minute")).toMatchObject({
    limit: 10,
    remaining: 0,
    reset: 59_000,
  });
  expect(limitsFromHeaders(refused, "X-RateLimit-Ew-Id-Per-Day")).toMatchObject({ limit: 50, remaining: 40 });
  workers.advance(50);
  expect((await workers.post("/ids", NEW_ID)).status).toBe(201);
  for (let i = 0; i < 39; i += 1) {
    workers.advance(60);
    expect((await workers.post("/ids", NEW_ID)).status).toBe(201);
  }
  workers.advance(60);
  expectPlainText(await workers.post("/ids", NEW_ID), 86_400 - 60 * 41);
  workers.advance(86_400);
  expect((await workers.post("/ids", NEW_ID)).status).toBe(201);
});

test("what is refused for another reason does not count", async () => {
  await start({ edgeWorkerIdsPerMinute: 1, versionsPerMinute: 1 });
  expectError(await workers.post("/ids", { ...NEW_ID, name: "" }), 400);
  const id = await workers.id();
  expectError(await workers.upload(id, Buffer.from("x")), 400, "EW1103");
  expect((await workers.version(id, "1.0")).status).toBe(201);
});

test("versions of an ID, and in a minute", async () => {
  await start({ versionsPerEdgeWorker: 2, versionsPerMinute: 3 });
  const [id, other] = [await workers.id(), await workers.id()];
  const reply = await workers.version(id, "1");
  expect(limitsFromHeaders(reply, "X-Limit-Version-Per-Ew-Id")).toEqual({ limit: 2, remaining: 1 });
  expect(limitsFromHeaders(reply, "X-RateLimit-Version-Per-Minute")).toEqual({
    limit: 3,
    remaining: 2,
    reset: 60_000,
  });
  await workers.version(id, "2");
  expectError(await workers.version(id, "3"), 429, "EW3003");
  expect((await workers.version(other, "1")).status).toBe(201);
  expectPlainText(await workers.version(other, "2"), 60);
  workers.advance(60);
  expect((await workers.version(other, "2")).status).toBe(201);
  await workers.send("DELETE", `/ids/${id}/versions/1`);
  expect((await workers.version(id, "3")).status).toBe(201);
});

test("activations: on each network in a minute, on both in a day", async () => {
  await start({ activationsPerMinute: 2, activationsPerDay: 5 });
  const id = await workers.idWith("1", "2");
  let turn = 0;
  const activate = (network?: string) => {
    turn += 1;
    return workers.activate(id, String((turn % 2) + 1), network);
  };
  expect(limitsFromHeaders(await activate(), "X-RateLimit-Activation-Per-Network-Per-Minute")).toEqual({
    limit: 2,
    remaining: 1,
    reset: 60_000,
  });
  expect(limitsFromHeaders(await activate(), "X-RateLimit-Activation-Per-Day")).toEqual({
    limit: 5,
    remaining: 3,
    reset: 86_400_000,
  });
  expectError(await activate(), 429, "EW3101");
  expect((await activate("PRODUCTION")).status).toBe(201);
  workers.advance(60);
  expect([(await activate()).status, (await activate()).status]).toEqual([201, 201]);
  workers.advance(60);
  expectError(await activate(), 429, "EW3102");
  workers.advance(86_400);
  turn += 1;
  expect((await activate()).status).toBe(201);
});

test("deactivations: five on each network in a minute, on both in a day", async () => {
  await start({ deactivationsPerDay: 6 });
  const id = await workers.idWith("1");
  const offAndOn = async (network = "STAGING") => {
    await workers.activate(id, "1", network);
    return workers.deactivate(id, "1", network);
  };
  for (let i = 0; i < 5; i += 1) {
    expect(limitsFromHeaders(await offAndOn(), "X-RateLimit-Deactivation-Per-Network-Per-Minute")).toEqual({
      limit: 5,
      remaining: 4 - i,
      reset: 60_000,
    });
  }
  const refused = await offAndOn();
  expectPlainText(refused, 60);
  expect(limitsFromHeaders(refused, "X-RateLimit-Deactivation-Per-Day")).toMatchObject({
    limit: 6,
    remaining: 1,
  });
  expect((await offAndOn("PRODUCTION")).status).toBe(201);
  workers.advance(60);
  expectPlainText(await offAndOn("PRODUCTION"), 86_340);
});

test("EdgeWorkers that are active on a network", async () => {
  await start({ activeEdgeWorkersPerNetwork: 1 });
  const [one, other] = [await workers.idWith("1", "2"), await workers.idWith("1")];
  expect((await workers.activate(one, "1")).status).toBe(201);
  expectError(await workers.activate(other, "1"), 429, "EW3001");
  expect((await workers.activate(one, "2")).status).toBe(201);
  expect((await workers.activate(other, "1", "PRODUCTION")).status).toBe(201);
  await workers.deactivate(one, "2");
  expect((await workers.activate(other, "1")).status).toBe(201);
});

test("an account may tell all rates in plain text", async () => {
  await start({ plainTextLimits: true, activationsPerMinute: 0 });
  const id = await workers.idWith("1");
  expectPlainText(await workers.activate(id, "1"), 60);
});
