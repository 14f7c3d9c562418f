import { packBundle } from "../../provider/bundle/pack";
import { account } from "../../scripts/demo/account";
import { killDescendants } from "../../scripts/processes";
import { edgekv, edgeworkers } from "../../sdk";
import { plain, read, tokensFile } from "../provider/liveUse/bundles";
import { changed, EngineTest, succeeded } from "../support/engine";
import { fullTest } from "../support/extent";

const networks = ["staging", "production"] as const;
const main = `import { EdgeKV } from "./edgekv.js";\nexport function onClientRequest(request) {\n  request.respondWith(200, {}, typeof EdgeKV);\n}\n`;
const helper = `import { edgekv_access_tokens } from "./edgekv_tokens.js";\nexport class EdgeKV {\n  tokens() {\n    return edgekv_access_tokens;\n  }\n}\n`;
const word = { namespace: "words", group: "countries", key: "DE" };

/** Words, and code that reads them, on both networks, with the defaults for what a destroy does. */
const shop = async () => {
  const worker = new edgeworkers.EdgeWorker("greeter", { groupId: 72_297, resourceTierId: 200 });
  for (const network of networks) {
    const words = new edgekv.Namespace(`words-${network}`, {
      name: "words",
      network,
      groupId: 0,
      retentionInSeconds: 0,
    });
    const place = { network, namespace: words.name };
    const items = [
      new edgekv.Item(`DE-${network}`, { ...place, group: word.group, key: word.key, value: "Guten Tag" }),
      new edgekv.ItemGroup(`others-${network}`, { ...place, group: "others", items: { US: "Hello" } }),
    ];
    const reader = new edgekv.AccessToken(`reader-${network}`, {
      allowOnStaging: network === "staging",
      allowOnProduction: network === "production",
      namespacePermissions: words.name.apply((name) => ({ [name]: ["r"] })),
    });
    const bundle = {
      "main.js": main,
      "edgekv.js": helper,
      "bundle.json": JSON.stringify({ "edgeworker-version": network }),
    };
    const code = new edgeworkers.Version(
      `code-${network}`,
      { edgeWorkerId: worker.edgeWorkerId, bundle, version: "auto", tokens: [reader] },
      { dependsOn: items },
    );
    new edgeworkers.Activation(`live-${network}`, {
      edgeWorkerId: worker.edgeWorkerId,
      network,
      version: code.version,
    });
  }
};

/** What the account holds, as far as it matters here. */
interface Held {
  readonly edgekv: {
    readonly tokens: Record<string, { value: object | null }[]>;
    readonly namespaces: Record<string, Record<string, { value: { namespaceStatus: string } | null }[]>>;
  };
  readonly edgeworkers: { readonly ids: Record<string, { value: object | null }[]> };
}

let engine: EngineTest;
afterEach(() => engine.close());

const held = () => engine.emulator.state.get() as Held;
const tokens = () =>
  Object.entries(held().edgekv.tokens).flatMap(([name, states]) => (states.at(-1)?.value ? [name] : []));
const ids = () =>
  Object.entries(held().edgeworkers.ids).flatMap(([id, states]) =>
    states.at(-1)?.value ? [Number(id)] : [],
  );
const words = (network: string) => held().edgekv.namespaces[network]?.words?.at(-1)?.value?.namespaceStatus;
const readLive = async () => {
  const { status, text } = await account(engine.emulator).readAsLiveCode("production", ids()[0] ?? 0, word);
  return [status, text];
};
/** Production has its token and its data; staging is on its way out. */
function expectProductionHasAll(): void {
  expect([tokens(), words("staging"), words("production")]).toEqual([
    [expect.stringMatching(/^reader-production-/)],
    "DELETING",
    "READY",
  ]);
}
const staying = (messages: readonly string[]) => messages.filter((line) => /\bstays?\b/.test(line));

test("a destroy with production live leaves it answering, with one message; then it is taken down without the state", async () => {
  engine = await EngineTest.start();
  await succeeded(engine.up(shop));

  const destroyed = await succeeded(engine.destroy());
  expect(await engine.resources()).toEqual([]);
  expect(await readLive()).toEqual([200, "Guten Tag"]);
  expectProductionHasAll();
  const [message = "", ...others] = staying(destroyed.messages);
  expect(others).toEqual([]);
  const [id = 0] = ids();
  const version =
    /version (production-\w+) stays live on production\. What its code uses stays too: access token /.exec(
      message,
    )?.[1] ?? "";
  expect(message).toContain(`EdgeWorker ${id}: version ${version} stays`);
  expect(message).toContain("namespace words on production with its items");
  expect(destroyed.messages.join("\n")).toContain('set `deletion: { mode: "deactivate" }` on the activation');

  // As the message says for a state that is gone.
  const takeDown = async () => {
    new edgeworkers.Activation("live", {
      edgeWorkerId: id,
      network: "production",
      version,
      deletion: { mode: "deactivate" },
    });
    new edgekv.Namespace("words", {
      name: "words",
      network: "production",
      groupId: 0,
      retentionInSeconds: 0,
      adopt: true,
    });
  };
  engine.emulator.clearJournal();
  await succeeded(engine.up(takeDown));
  expect(engine.changes()).toEqual([]);
  await succeeded(engine.destroy());
  expect(words("production")).toBe("DELETING");
  const byHand = [
    `/edgekv/v1/tokens/${tokens()[0]}`,
    `/edgeworkers/v1/ids/${id}/versions/${version}`,
    `/edgeworkers/v1/ids/${id}`,
  ];
  for (const path of byHand) await engine.somebody().send({ method: "DELETE", path });
  expect([tokens(), ids()]).toEqual([[], []]);
});

fullTest(
  "a destroy that is killed halfway is ended by the next one, and production answers all the time",
  async () => {
    engine = await EngineTest.start();
    await succeeded(engine.up(shop));
    engine.emulator.clearJournal();
    engine.emulator.faults.add({ method: "POST", path: "*/deactivations", kind: "hang", afterEffect: true });
    const killed = engine.destroy();
    const isHanging = () => engine.changes().some((request) => request.endsWith("/deactivations"));
    const isLeft = () => engine.emulator.journal().some(({ path }) => path.endsWith("/content"));
    while (!isHanging() || !isLeft()) await new Promise((resolve) => setTimeout(resolve, 30));
    killDescendants();
    await killed;
    await engine.stack.cancel();
    engine.emulator.faults.clear();
    expect(await readLive()).toEqual([200, "Guten Tag"]);

    const again = await succeeded(engine.destroy());
    expect(changed(again).length).toBeGreaterThan(0);
    expect(staying(again.messages)).toEqual([expect.stringContaining("stays live on production")]);
    expect(await engine.resources()).toEqual([]);
    expect(await readLive()).toEqual([200, "Guten Tag"]);
    expectProductionHasAll();
  },
);

/** Another person activates code that holds the token `reader` for the namespace `words`. */
async function activateTheirs(): Promise<number> {
  const http = engine.somebody();
  const { uuid } = JSON.parse((await http.send({ method: "GET", path: "/edgekv/v1/tokens/reader" })).text);
  const json = { name: "theirs", groupId: 72_297, resourceTierId: 200 };
  const made = await http.send({ method: "POST", path: "/edgeworkers/v1/ids", json });
  const id = Number(JSON.parse(made.text).edgeWorkerId);
  const path = `/edgeworkers/v1/ids/${id}`;
  const bytes = await packBundle(plain(read, { "edgekv_tokens.js": tokensFile("words", "reader", uuid) }));
  await http.send({
    method: "POST",
    path: `${path}/versions`,
    raw: { contentType: "application/gzip", bytes },
  });
  await http.send({
    method: "POST",
    path: `${path}/activations`,
    json: { network: "PRODUCTION", version: "1.0" },
  });
  return id;
}

fullTest(
  "a token that somebody else's live code holds is not revoked: nothing changes, and `evenIfLive` revokes it",
  async () => {
    engine = await EngineTest.start();
    const network = "production";
    const program = (hasToken: boolean, deletion?: { mode: "revoke"; evenIfLive: boolean }) => async () => {
      const data = new edgekv.Namespace("words", { network, groupId: 0, retentionInSeconds: 0 });
      if (!hasToken) return;
      const namespacePermissions = data.name.apply((name) => ({ [name]: ["r" as const] }));
      new edgekv.AccessToken("reader", {
        name: "reader",
        allowOnProduction: true,
        namespacePermissions,
        deletion,
      });
    };
    await succeeded(engine.up(program(true)));
    const id = await activateTheirs();

    engine.emulator.clearJournal();
    const before = await engine.resources();
    const { error, messages } = await engine.up(program(false));
    expect(error).toBeDefined();
    expect(messages.join("\n")).toContain(
      `it is in use: version 1.0 of EdgeWorker ${id}, live on production, holds it (edgekv_tokens.js). Its requests to EdgeKV would get 401.`,
    );
    // Secrets are encrypted anew each time.
    const named = (resources: typeof before) =>
      resources.map(({ urn, outputs }) => [
        urn,
        JSON.stringify(outputs).replaceAll(/"ciphertext":"[^"]*"/g, ""),
      ]);
    expect(engine.changes()).toEqual([]);
    expect(named(await engine.resources())).toEqual(named(before));
    expect(tokens()).toEqual(["reader"]);

    await succeeded(engine.up(program(true, { mode: "revoke", evenIfLive: true })));
    await succeeded(engine.up(program(false)));
    expect(tokens()).toEqual([]);
  },
);

fullTest.each([false, true])(
  "a destroy does not delete an item that somebody else's live code reads, and an `up` that drops it does (native: %s)",
  async (isNative) => {
    engine = isNative ? await EngineTest.startNative() : await EngineTest.start();
    const network = "production";
    const program = (hasItem: boolean) => async () => {
      const data = new edgekv.Namespace("words", {
        name: "words",
        network,
        groupId: 0,
        retentionInSeconds: 0,
        deletion: { mode: "retain" },
      });
      new edgekv.AccessToken(
        "reader",
        {
          name: "reader",
          allowOnProduction: true,
          namespacePermissions: { words: ["r"] },
          deletion: { mode: "retain" },
        },
        { dependsOn: data },
      );
      // By its name: so nothing is deleted with the namespace.
      if (hasItem)
        new edgekv.Item(
          "DE",
          { network, namespace: "words", group: "countries", key: "DE", value: "Guten Tag" },
          { dependsOn: data },
        );
    };
    await succeeded(engine.up(program(true)));
    const id = await activateTheirs();
    engine.emulator.clearJournal();

    const { error, messages } = await engine.destroy();
    expect(error).toBeDefined();
    expect(messages.join("\n")).toContain(
      `deleting item DE of group production/words/countries: it is in use: version 1.0 of EdgeWorker ${id}, live on production, reads the namespace (main.js, line 4).`,
    );
    expect(engine.changes()).toEqual([]);

    await succeeded(engine.up(program(false)));
    expect(engine.changes().filter((one) => one.startsWith("DELETE"))).toEqual([
      expect.stringMatching(/\/items\/DE$/),
    ]);
  },
);
