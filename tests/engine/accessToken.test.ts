import { propertyChanges } from "../../scripts/engine";
import { killDescendants } from "../../scripts/processes";
import { edgekv } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";
import { firstOrAll, fullTest } from "../support/extent";

type Args = Partial<ConstructorParameters<typeof edgekv.AccessToken>[1]>;

const shop =
  (args: Args = {}) =>
  async () => {
    const catalog = new edgekv.Namespace("catalog", {
      network: "staging",
      groupId: 0,
      retentionInSeconds: 86_400,
    });
    const reader = new edgekv.AccessToken("reader", {
      allowOnStaging: true,
      namespacePermissions: catalog.name.apply((name) => ({ [name]: ["r" as const] })),
      ...args,
    });
    return { token: reader.name, file: edgekv.tokensFile([reader]) };
  };

const tokens = (engine: EngineTest) =>
  engine
    .changes()
    .filter((request) => request.includes("/tokens"))
    .map((request) => request.replace(/reader-[0-9a-f]{10}/, "reader-*"));

test("another permission is another token: made, and only then is the old one revoked", async () => {
  const engine = await EngineTest.start();
  try {
    await succeeded(engine.up(shop()));
    engine.emulator.clearJournal();
    const wider = shop({ namespacePermissions: { catalog: ["w", "r"] } });
    const previewed = await succeeded(engine.preview(wider));
    expect(changed(previewed)).toEqual([
      "create-replacement reader",
      "replace reader",
      "delete-replaced reader",
    ]);
    const step = previewed.steps.find(({ op }) => op === "replace");
    expect(step && propertyChanges(step)).toEqual(
      expect.arrayContaining([
        'namespacePermissions: {"catalog":["r"]} -> {"catalog":["r","w"]}',
        expect.stringMatching(/^name: "reader-\w{10}" -> "reader-\w{10}"$/),
      ]),
    );
    await succeeded(engine.up(wider));
    expect(tokens(engine)).toEqual(["POST /edgekv/v1/tokens", "DELETE /edgekv/v1/tokens/reader-*"]);

    // The order of a set is nothing to tell.
    expect(
      changed(await succeeded(engine.preview(shop({ namespacePermissions: { catalog: ["r", "w"] } })))),
    ).toEqual([]);

    engine.emulator.clearJournal();
    const refreshed = shop({
      namespacePermissions: { catalog: ["r", "w"] },
      refreshTriggers: { quarter: 4 },
    });
    expect((await succeeded(engine.preview(refreshed))).steps.flatMap(propertyChanges)).toEqual([
      'refreshTriggers: none -> {"quarter":4}',
    ]);
    await succeeded(engine.up(refreshed));
    expect(tokens(engine)).toEqual(["POST /edgekv/v1/tokens/reader-*/refresh"]);
  } finally {
    await engine.close();
  }
});

test("a token with a name of the program's choice is deleted first, and the preview warns of the gap", async () => {
  const engine = await EngineTest.start();
  try {
    await succeeded(engine.up(shop({ name: "fixed" })));
    engine.emulator.clearJournal();
    const wider = shop({ name: "fixed", namespacePermissions: { catalog: ["r", "d"] } });
    const previewed = await succeeded(engine.preview(wider));
    expect(changed(previewed)).toEqual([
      "delete-replaced reader",
      "replace reader",
      "create-replacement reader",
    ]);
    expect(previewed.messages.join("\n")).toMatch(/fixed has a fixed name.*get 401/);
    await succeeded(engine.up(wider));
    expect(tokens(engine)).toEqual(["DELETE /edgekv/v1/tokens/fixed", "POST /edgekv/v1/tokens"]);
  } finally {
    await engine.close();
  }
});

fullTest(
  "a token that fails to become active is kept in the state, and the next up goes on with it",
  async () => {
    const engine = await EngineTest.start({ settings: { failTokens: 1 } });
    try {
      const failed = await engine.up(shop());
      expect(failed.error).toBeDefined();
      expect(failed.messages.join("\n")).toMatch(/creating access token reader-\w{10}: .*ERROR/);
      const kept = (await engine.resources()).find(({ urn }) => urn.endsWith("::reader"));
      expect(kept).toMatchObject({
        id: expect.stringMatching(/^reader-/),
        outputs: { tokenActivationStatus: "ERROR", __provider: expect.any(String) },
      });
      expect(kept?.initErrors).toHaveLength(1);

      engine.emulator.clearJournal();
      await succeeded(engine.up(shop()));
      expect(tokens(engine)).toEqual(["POST /edgekv/v1/tokens/reader-*/refresh"]);
      const mended = (await engine.resources()).find(({ urn }) => urn.endsWith("::reader"));
      expect(mended).toMatchObject({ id: kept?.id, outputs: { tokenActivationStatus: "COMPLETE" } });
      expect(changed(await succeeded(engine.preview(shop())))).toEqual([]);
      await succeeded(engine.destroy());
    } finally {
      await engine.close();
    }
  },
);

fullTest("a token that was revoked outside leaves the state at refresh, and up makes a new one", async () => {
  const engine = await EngineTest.start();
  try {
    await succeeded(engine.up(shop()));
    const [token] = (await engine.resources()).filter(({ urn }) => urn.endsWith("::reader"));
    await engine.somebody().send({ method: "DELETE", path: `/edgekv/v1/tokens/${token?.id}` });
    const refreshed = await succeeded(engine.refresh());
    expect(refreshed.messages.join("\n")).toContain("was revoked");
    expect(changed(await succeeded(engine.up(shop())))).toEqual(["create reader"]);
  } finally {
    await engine.close();
  }
});

test.each(firstOrAll(["/edgekv/v1/tokens", "/edgekv/v1/networks/staging/namespaces"]))(
  "a run that is killed while it creates at %s is taken up by the next one, and nothing is made twice",
  async (path) => {
    const engine = await EngineTest.start();
    try {
      engine.emulator.faults.add({ method: "POST", path, kind: "hang", afterEffect: true });
      const killed = engine.up(shop());
      while (!engine.changes().includes(`POST ${path}`))
        await new Promise((resolve) => setTimeout(resolve, 50));
      killDescendants();
      expect((await killed).error).toBeDefined();
      await engine.stack.cancel();
      engine.emulator.faults.clear();

      const resumed = await succeeded(engine.up(shop()));
      expect(changed(resumed)).toContain(path.endsWith("tokens") ? "create reader" : "create catalog");
      // Each is asked for once more: the name of a token is taken then, and a namespace that is there is given as it is.
      expect(engine.changes().filter((request) => request === `POST ${path}`)).toHaveLength(2);
      const { text } = await engine
        .somebody()
        .send({ method: "GET", path: "/edgekv/v1/networks/staging/namespaces" });
      const { namespaces } = JSON.parse(text) as { namespaces: { namespace: string }[] };
      expect(namespaces.map(({ namespace }) => namespace).sort()).toEqual(["catalog", "default"]);
      const listing = await engine.somebody().send({ method: "GET", path: "/edgekv/v1/tokens" });
      const { tokens: live } = JSON.parse(listing.text) as { tokens: unknown[] };
      expect(live).toHaveLength(1);
      expect(changed(await succeeded(engine.preview(shop())))).toEqual([]);
    } finally {
      await engine.close();
    }
  },
);
