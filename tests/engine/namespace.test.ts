import * as pulumi from "@pulumi/pulumi";
import { propertyChanges } from "../../scripts/engine";
import { edgekv } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";
import { firstOrAll, fullTest, isFull } from "../support/extent";

type Args = Partial<ConstructorParameters<typeof edgekv.Namespace>[1]>;

/** One namespace and what depends on it. */
const shop =
  (args: Args = {}) =>
  async () => {
    const catalog = new edgekv.Namespace("catalog", {
      network: "staging",
      groupId: 0,
      retentionInSeconds: 86_400,
      ...args,
    });
    const reader = new edgekv.AccessToken("reader", {
      allowOnStaging: args.network !== "production",
      allowOnProduction: args.network === "production",
      namespacePermissions: catalog.name.apply((name) => ({ [name]: ["r" as const] })),
    });
    return { namespace: catalog.name, token: reader.name };
  };

let engine: EngineTest;
beforeEach(async () => {
  engine = await EngineTest.start();
});
afterEach(() => engine.close());

test("a namespace is previewed, created, left alone, updated in place, scheduled for deletion by destroy, and brought back", async () => {
  const previewed = await succeeded(engine.preview(shop()));
  expect(changed(previewed)).toEqual(["create catalog", "create reader"]);
  expect(engine.changes()).toEqual([]);
  // Everything but what only the service knows is there to be read in the preview, the name of the token too.
  expect(previewed.steps.find(({ name }) => name === "catalog")?.new).toMatchObject({
    name: "catalog",
    geoLocation: "US",
    deletion: { mode: "scheduled", afterSeconds: 259_200 },
  });
  const planned = previewed.steps.find(({ name }) => name === "reader")?.new.name;
  expect(planned).toMatch(/^reader-[0-9a-f]{10}$/);

  const made = await succeeded(engine.up(shop()));
  expect(changed(made)).toEqual(["create catalog", "create reader"]);
  expect(engine.changes()).toEqual(["POST /edgekv/v1/networks/staging/namespaces", "POST /edgekv/v1/tokens"]);
  expect((await engine.resources()).find(({ urn }) => urn.endsWith("::reader"))?.id).toBe(planned);

  engine.emulator.clearJournal();
  expect(changed(await succeeded(engine.up(shop())))).toEqual([]);
  expect(changed(await succeeded(engine.refresh())).filter((step) => !step.startsWith("refresh"))).toEqual(
    [],
  );
  expect(engine.changes()).toEqual([]);

  const longer = shop({ retentionInSeconds: 172_800 });
  const update = await succeeded(engine.preview(longer));
  // What depends on the namespace does not turn unknown.
  expect(changed(update)).toEqual(["update catalog"]);
  expect(update.steps.flatMap(propertyChanges)).toEqual(["retentionInSeconds: 86400 -> 172800"]);
  expect(update.messages.join("\n")).toContain("the new retention holds for items written from now on");
  await succeeded(engine.up(longer));
  expect(engine.changes()).toEqual(["PUT /edgekv/v1/networks/staging/namespaces/catalog"]);

  if (isFull) await regroup();

  engine.emulator.clearJournal();
  const gone = await succeeded(engine.destroy());
  expect(engine.changes()).toEqual([
    expect.stringContaining("DELETE /edgekv/v1/tokens/reader-"),
    "DELETE /edgekv/v1/networks/staging/namespaces/catalog",
  ]);
  expect(gone.messages.join("\n")).toMatch(
    /namespace catalog on staging will be deleted on \d{4}-\d\d-\d\dT/,
  );
  expect(await engine.resources()).toEqual([]);

  // Declared again, it comes back.
  engine.emulator.clearJournal();
  const again = shop({ retentionInSeconds: 259_200 });
  const restoring = await succeeded(engine.preview(again));
  expect(restoring.messages.join("\n")).toMatch(
    /namespace catalog on staging is scheduled for deletion in 2 d 23 h.*cancels that/,
  );
  expect(engine.changes()).toEqual([]);
  await succeeded(engine.up(again));
  expect(engine.changes().slice(0, 2)).toEqual([
    "DELETE /edgekv/v1/networks/staging/namespaces/catalog/status/scheduled-delete",
    "PUT /edgekv/v1/networks/staging/namespaces/catalog",
  ]);
  expect((await engine.resources()).find(({ urn }) => urn.endsWith("::catalog"))?.outputs).toMatchObject({
    namespaceStatus: "READY",
    retentionInSeconds: 259_200,
  });
});

async function regroup(): Promise<void> {
  engine.emulator.clearJournal();
  const group = shop({ retentionInSeconds: 172_800, groupId: 72_297 });
  expect((await succeeded(engine.preview(group))).steps.flatMap(propertyChanges)).toEqual([
    "groupId: 0 -> 72297",
  ]);
  await succeeded(engine.up(group));
  expect(engine.changes()).toEqual(["PUT /edgekv/v1/auth/namespaces/catalog"]);
}

fullTest("drift is found by refresh as a change of the property, and put right by up", async () => {
  await succeeded(engine.up(shop()));
  const somebody = engine.somebody();
  await somebody.send({
    method: "PUT",
    path: "/edgekv/v1/networks/staging/namespaces/catalog",
    json: { namespace: "catalog", groupId: 0, geoLocation: "US", retentionInSeconds: 0 },
  });
  const refreshed = await succeeded(engine.refresh());
  expect(refreshed.error).toBeUndefined();
  expect((await engine.resources()).find(({ urn }) => urn.endsWith("::catalog"))?.inputs).toMatchObject({
    retentionInSeconds: 0,
  });
  const previewed = await succeeded(engine.preview(shop()));
  expect(previewed.steps.flatMap(propertyChanges)).toEqual(["retentionInSeconds: 0 -> 86400"]);
  await succeeded(engine.up(shop()));

  await somebody.send({ method: "DELETE", path: "/edgekv/v1/networks/staging/namespaces/catalog" });
  const scheduled = await succeeded(engine.preview(shop()));
  expect(changed(scheduled)).toEqual(["update catalog"]);
  expect(scheduled.messages.join("\n")).toContain("was scheduled for deletion outside of this program");
  await succeeded(engine.refresh());
  const drifted = await succeeded(engine.preview(shop()));
  expect(drifted.steps.flatMap(propertyChanges)).toEqual([
    expect.stringMatching(/^scheduledDeleteTime: "\d{4}.*" -> none$/),
  ]);
  await succeeded(engine.up(shop()));
  expect(changed(await succeeded(engine.preview(shop())))).toEqual([]);
});

fullTest("one that is gone leaves the state at refresh and is made anew", async () => {
  await succeeded(engine.up(shop()));
  await engine.somebody().send({
    method: "DELETE",
    path: "/edgekv/v1/networks/staging/namespaces/catalog",
    query: { sync: "true" },
  });
  await succeeded(engine.refresh());
  expect((await engine.resources()).map(({ urn }) => urn.split("::").at(-1))).toEqual(["reader"]);
  expect(changed(await succeeded(engine.up(shop())))).toEqual(["create catalog"]);
});

const replacements: readonly [what: string, args: Args, property: string][] = [
  ["name", { name: "catalog2" }, "name"],
  ["network", { network: "production" }, "network"],
];
(isFull ? test : test.skip).each(replacements)(
  "a replacement by another %s is refused while it would destroy data, and done when the program says so",
  async (_what, args, property) => {
    await succeeded(engine.up(shop()));
    engine.emulator.clearJournal();
    const refused = await engine.preview(shop(args));
    expect(refused.error).toBeDefined();
    expect(refused.messages.join("\n")).toContain(`property ${property} `);
    expect(refused.messages.join("\n")).toContain("replaceDeletesData: true");
    expect(engine.changes()).toEqual([]);
    const replaced = await succeeded(engine.up(shop({ ...args, replaceDeletesData: true })));
    expect(changed(replaced).filter((step) => step.endsWith("catalog"))).toEqual([
      "create-replacement catalog",
      "replace catalog",
      "delete-replaced catalog",
    ]);
  },
);

fullTest("a change of geoLocation deletes first, since both have one name", async () => {
  await succeeded(engine.up(shop({ network: "production" })));
  const refused = await engine.preview(shop({ network: "production", geoLocation: "EU" }));
  expect(refused.messages.join("\n")).toContain("property geoLocation ");
  const moved = shop({ network: "production", geoLocation: "EU", replaceDeletesData: true });
  const replaced = await succeeded(engine.up(moved));
  expect(changed(replaced).filter((step) => step.endsWith("catalog"))).toEqual([
    "delete-replaced catalog",
    "replace catalog",
    "create-replacement catalog",
  ]);
  expect(changed(await succeeded(engine.preview(moved)))).toEqual([]);
});

const invalid: readonly [what: string, program: () => unknown, properties: string[]][] = [
  [
    "a namespace",
    () =>
      new edgekv.Namespace("-a", {
        network: "staging",
        groupId: -1,
        retentionInSeconds: 3600,
        geoLocation: "EU",
        deletion: { afterSeconds: 1 },
        retention: 1,
      } as ConstructorParameters<typeof edgekv.Namespace>[1]),
    ["name", "groupId", "retentionInSeconds", "geoLocation", "deletion", "retention"],
  ],
  [
    "an access token",
    () =>
      new edgekv.AccessToken("t", {
        namespacePermissions: {},
        restrictToEdgeWorkerIds: ["x"],
        renewBeforeDays: 3,
      }),
    ["namespacePermissions", "allowOnStaging", "restrictToEdgeWorkerIds", "renewBeforeDays"],
  ],
  [
    "a database",
    () => new edgekv.Database("d", { policy: {} } as ConstructorParameters<typeof edgekv.Database>[1]),
    ["policy"],
  ],
];
test.each(firstOrAll(invalid))(
  "invalid inputs of %s fail at preview, each on its property, and nothing is sent",
  async (_what, program, properties) => {
    const { error, messages } = await engine.preview(async () => void program());
    expect(error).toBeDefined();
    const output = messages.join("\n");
    // The engine can name the input only; the sentence has the path in it.
    for (const property of properties) expect(output).toContain(`property ${property} `);
    expect(engine.changes()).toEqual([]);
  },
);

test("values that are not known before up pass the preview", async () => {
  const program = async () => {
    const database = new edgekv.Database("edgekv", {});
    const unknown = database.cpcode.apply(() => 72_297);
    const catalog = new edgekv.Namespace("catalog", {
      network: "staging",
      groupId: unknown,
      retentionInSeconds: pulumi.output(unknown).apply(() => 0),
    });
    new edgekv.AccessToken("reader", {
      allowOnStaging: true,
      namespacePermissions: pulumi
        .all([catalog.name, database.cpcode])
        .apply(([name]) => ({ [name]: ["r" as const] })),
    });
  };
  expect(changed(await succeeded(engine.preview(program)))).toEqual([
    "create edgekv",
    "create catalog",
    "create reader",
  ]);
  await succeeded(engine.up(program));
  expect((await engine.resources()).map(({ id }) => id)).toEqual([
    "edgekv",
    "staging/catalog",
    expect.stringMatching(/^reader-/),
  ]);
});

fullTest("a namespace that no program manages is adopted only when the program sets adopt", async () => {
  await engine.somebody().send({
    method: "POST",
    path: "/edgekv/v1/networks/staging/namespaces",
    json: { namespace: "catalog", groupId: 0, retentionInSeconds: 0 },
  });
  const refused = await engine.preview(shop());
  expect(refused.messages.join("\n")).toMatch(/property name .*adopt: true/s);
  await succeeded(engine.up(shop({ adopt: true })));
  expect((await engine.resources()).find(({ urn }) => urn.endsWith("::catalog"))?.outputs).toMatchObject({
    retentionInSeconds: 86_400,
  });
});
