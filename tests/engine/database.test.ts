import { propertyChanges } from "../../scripts/engine";
import { edgekv } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";
import { fullTest } from "../support/extent";

const restricted = { restrictDataAccess: true, allowNamespacePolicyOverride: false };
const open = { restrictDataAccess: true, allowNamespacePolicyOverride: true };

test("the database is initialized once, its policy is an update in place, and destroying it changes nothing", async () => {
  const engine = await EngineTest.start({ settings: { initialized: false, tlsEntitlement: true } });
  const program = (dataAccessPolicy: typeof open) => async () => {
    const database = new edgekv.Database("edgekv", { dataAccessPolicy });
    // Declared without `dependsOn`: the namespace waits for the database of its own program.
    new edgekv.Namespace("catalog", { network: "staging", groupId: 0, retentionInSeconds: 0 });
    return { cpcode: database.cpcode };
  };
  try {
    expect(changed(await succeeded(engine.preview(program(restricted))))).toEqual(
      expect.arrayContaining(["create edgekv", "create catalog"]),
    );
    await succeeded(engine.up(program(restricted)));
    expect(engine.changes()).toEqual([
      "PUT /edgekv/v1/initialize",
      "POST /edgekv/v1/networks/staging/namespaces",
    ]);

    engine.emulator.clearJournal();
    const update = await succeeded(engine.preview(program(open)));
    expect(update.steps.flatMap(propertyChanges)).toEqual([
      `dataAccessPolicy: ${JSON.stringify(sorted(restricted))} -> ${JSON.stringify(sorted(open))}`,
    ]);
    await succeeded(engine.up(program(open)));
    expect(engine.changes()).toEqual(["PUT /edgekv/v1/auth/database"]);

    engine.emulator.clearJournal();
    const gone = await succeeded(engine.destroy());
    expect(gone.messages.join("\n")).toContain("EdgeKV stays initialized on the account");
    expect(engine.changes()).toEqual(["DELETE /edgekv/v1/networks/staging/namespaces/catalog"]);
  } finally {
    await engine.close();
  }
});

fullTest(
  "another data access policy is another namespace: refused while it would destroy data, done when the program says so",
  async () => {
    const engine = await EngineTest.start({ settings: { tlsEntitlement: true } });
    const program =
      (restrictDataAccess: boolean, replaceDeletesData = false) =>
      async () => {
        const database = new edgekv.Database("edgekv", { dataAccessPolicy: open });
        new edgekv.Namespace(
          "catalog",
          { network: "staging", groupId: 0, retentionInSeconds: 0, restrictDataAccess, replaceDeletesData },
          { dependsOn: database },
        );
      };
    try {
      await succeeded(engine.up(program(true)));
      const refused = await engine.preview(program(false));
      expect(refused.error).toBeDefined();
      expect(refused.messages.join("\n")).toMatch(/property restrictDataAccess .*replaceDeletesData: true/s);
      const replaced = await succeeded(engine.up(program(false, true)));
      expect(changed(replaced)).toEqual([
        "delete-replaced catalog",
        "replace catalog",
        "create-replacement catalog",
      ]);
      expect((await engine.resources()).find(({ urn }) => urn.endsWith("::catalog"))?.outputs).toMatchObject({
        policy: { restrictDataAccess: false, policyType: "overridden" },
      });
      expect(changed(await succeeded(engine.preview(program(false, true))))).toEqual([]);
    } finally {
      await engine.close();
    }
  },
);

/** The engine keeps the members of an object in the order of their names. */
function sorted(policy: typeof open): object {
  return Object.fromEntries(Object.entries(policy).sort(([a], [b]) => (a < b ? -1 : 1)));
}
