/** `adopt: true` of tokens, EdgeWorkers and versions: what is there is taken over, once, and never by mistake. */
import { uploadVersion } from "../../../provider/api/edgeworkers/versions";
import { packBundle } from "../../../provider/bundle/pack";
import { TestEngine } from "../../support/testEngine";
import { resourceUnderTest } from "../../support/testEngine/resourceUnderTest";

let engine: TestEngine;
beforeEach(async () => {
  engine = await TestEngine.start({ lag: "none" });
  await send("POST", "/edgekv/v1/networks/staging/namespaces", {
    namespace: "catalog",
    groupId: 72297,
    retentionInSeconds: 0,
  });
  engine.emulator.clearJournal();
});
afterEach(() => engine.close());

const send = (method: "GET" | "POST", path: string, json?: object) =>
  engine.somebody().send({ method, path, ...(json && { json }) });
const posts = () => engine.changes().filter((request) => request.startsWith("POST "));

describe("a token", () => {
  const args = { name: "reader", allowOnStaging: true, namespacePermissions: { catalog: ["r"] } };
  const { up, preview, refused } = resourceUnderTest(() => engine, "edgekv:AccessToken", "reader", args);
  const make = async (more: object = {}) => {
    await send("POST", "/edgekv/v1/tokens", {
      ...args,
      allowOnProduction: false,
      restrictToEdgeWorkerIds: ["all"],
      ...more,
    });
    // Not of today: an interrupted run did not leave it.
    engine.later(3 * 86_400);
    engine.emulator.clearJournal();
  };

  test("with exactly these permissions is adopted: the same reference, nothing made, and then no change", async () => {
    await make();
    expect((await refused(args)).join("\n")).toMatch(/set `adopt: true` where it has exactly these/);
    await preview({ ...args, adopt: true });
    expect(engine.messages.join("\n")).toMatch(
      /access token reader exists already: `up` adopts it as it is/i,
    );
    const made = await up({ ...args, adopt: true });
    expect(made.state).toMatchObject({ name: "reader", reference: expect.any(String), adopt: true });
    expect((await preview({ ...args, adopt: true }, made)).plan).toBe("same");
  });

  test.each<[what: string, more: object]>([
    ["other permissions", { namespacePermissions: { catalog: ["r", "w"] } }],
    ["an EdgeWorker of its own", { restrictToEdgeWorkerIds: ["42"] }],
  ])("with %s is not", async (_what, more) => {
    await make(more);
    expect((await refused({ ...args, adopt: true })).join("\n")).toMatch(
      /`adopt` can't take it: it permits something else/,
    );
    expect(engine.changes()).toEqual([]);
  });
});

describe("an EdgeWorker", () => {
  const args = { name: "greeter", groupId: 72297, resourceTierId: 200 };
  const { up, preview, refused } = resourceUnderTest(() => engine, "edgeworkers:EdgeWorker", "greeter", args);
  const make = () => send("POST", "/edgeworkers/v1/ids", args);

  test("of the name in the group is adopted with its id, and then nothing changes", async () => {
    await make();
    engine.emulator.clearJournal();
    await preview({ ...args, adopt: true });
    expect(engine.messages.join("\n")).toMatch(
      /EdgeWorker greeter \(id \d+\) exists already: `up` adopts it with its versions/,
    );
    const made = await up({ ...args, adopt: true });
    expect(posts()).toEqual([]);
    expect((await preview({ ...args, adopt: true }, made)).plan).toBe("same");
    const { text } = await send("GET", `/edgeworkers/v1/ids/${made.id}`);
    expect(text).toMatch(/\[pulumi [0-9a-f]{12}\]/);
  });

  test("is made where there is none, and where the program does not adopt", async () => {
    const made = await up({ ...args, adopt: true });
    expect(posts()).toEqual(["POST /edgeworkers/v1/ids"]);
    expect((await preview({ ...args, adopt: true }, made)).plan).toBe("same");
  });

  test("of several of the name none is", async () => {
    await make();
    await make();
    engine.emulator.clearJournal();
    expect((await refused({ ...args, adopt: true })).join("\n")).toMatch(
      /is that of several EdgeWorkers in group 72297/,
    );
  });

  test("of another tier is not", async () => {
    await send("POST", "/edgeworkers/v1/ids", { ...args, resourceTierId: 100 });
    expect((await refused({ ...args, adopt: true })).join("\n")).toMatch(
      /its tier is 100, and can't be changed/,
    );
  });
});

describe("a version", () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const bundle = {
    "bundle.json": '{"edgeworker-version":"1.0"}',
    "main.js": "export function onClientRequest() {}\n",
  };
  const { up, preview, refused } = resourceUnderTest(() => engine, "edgeworkers:Version", "code", {});

  test("of the name is adopted although its files are others, and the preview names them", async () => {
    const { text: made } = await send("POST", "/edgeworkers/v1/ids", {
      name: "greeter",
      groupId: 72297,
      resourceTierId: 200,
    });
    const edgeWorkerId = (JSON.parse(made) as { edgeWorkerId: number }).edgeWorkerId;
    const other = { ...bundle, "main.js": "export function onClientResponse() {}\n" };
    const body = await packBundle(new Map(Object.entries(other).map(([name, value]) => [name, text(value)])));
    await uploadVersion(engine.somebody(), edgeWorkerId, body);
    engine.emulator.clearJournal();
    const args = { edgeWorkerId, bundle };
    expect((await refused(args)).join("\n")).toMatch(/uploaded already with other content/);
    await preview({ ...args, adopt: true });
    expect(engine.messages.join("\n")).toMatch(
      /`up` adopts it as it is. Its archive differs from the bundle in main.js/,
    );
    const taken = await up({ ...args, adopt: true });
    expect(taken.id).toBe(`${edgeWorkerId}/1.0`);
    expect((await preview({ ...args, adopt: true }, taken)).plan).toBe("same");
    expect((await engine.refresh(taken))?.state).toEqual(taken.state);
  });
});
