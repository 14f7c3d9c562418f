import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EdgeGrid from "akamai-edgegrid";
import { startEmulator } from "../../emulator/index";
import { Bench, createNamespace } from "./client";

/** What Akamai's library can do besides signing. */
type ReaderOfFiles = new (file: object) => { config: object };

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "emulator-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("writes .edgerc and ca.pem, and what is secret only for the user", async () => {
  const dir = join(parent, "made", "here");
  const bench = await Bench.start({ dir });
  const { emulator } = bench;
  expect(readdirSync(dir).sort()).toEqual([".edgerc", "ca.pem"]);
  expect([mode(dir), mode(join(dir, ".edgerc"))]).toEqual(["700", "600"]);
  expect(emulator).toMatchObject({ dir, edgerc: join(dir, ".edgerc"), caFile: join(dir, "ca.pem"), section: "default" });
  expect(readFileSync(join(dir, "ca.pem"), "utf8")).toBe(emulator.ca);
  expect(readFileSync(join(dir, "ca.pem"), "utf8")).not.toContain("PRIVATE");
  for (const section of ["default", "read-only"]) {
    const { clientToken, accessToken, clientSecret } = emulator.credentials(section);
    const { config } = new (EdgeGrid as unknown as ReaderOfFiles)({ path: emulator.edgerc, section });
    expect(config).toMatchObject({ host: emulator.url, client_token: clientToken, access_token: accessToken, client_secret: clientSecret });
  }
  await bench.close();
});

test("writes nothing without a directory", async () => {
  const bench = await Bench.start();
  expect([bench.emulator.dir, bench.emulator.edgerc, bench.emulator.caFile]).toEqual([undefined, undefined, undefined]);
  await bench.close();
});

test("keeps state, credentials and time across restarts", async () => {
  const options = { dir: parent, persist: true, seed: 3 };
  const first = await Bench.ready(options);
  await createNamespace(first);
  first.emulator.clock.advance(1e6);
  await first.send("PUT", "networks/staging/namespaces/default/groups/g/items/i", { body: "kept" });
  const [credentials, now] = [first.emulator.credentials(), first.emulator.clock.now()];
  expect(mode(join(parent, "state.json"))).toBe("600");
  // What was answered is on disk, also when the end comes without warning.
  expect(readFileSync(join(parent, "state.json"), "utf8")).toContain("kept");
  await first.close();

  const second = await Bench.start(options);
  expect(second.emulator.credentials()).toEqual({ ...credentials, host: second.emulator.host });
  expect(second.emulator.clock.now()).toBe(now);
  expect((await second.send("GET", "networks/staging/namespaces/default/groups/g/items/i")).text).toBe("kept");
  expect((await createNamespace(second)).status).toBe(200);
  await second.close();

  const fresh = await Bench.start({ dir: parent });
  expect((await fresh.send("GET", "initialize")).json.accountStatus).toBe("UNINITIALIZED");
  expect(fresh.emulator.credentials().clientSecret).not.toBe(credentials.clientSecret);
  await fresh.close();
});

test("a seed file is merged into the fresh account", async () => {
  const seedFile = join(parent, "seed.json");
  const clients = { "no-cp-codes": { grants: { edgekv: "READ-WRITE" }, viewCpCodes: false } };
  writeFileSync(
    seedFile,
    JSON.stringify({ settings: { initialized: true, namespacesPerNetwork: 1 }, clients, groups: [{ groupId: 7, groupName: "Only" }] }),
  );
  const bench = await Bench.start({ seedFile, dir: join(parent, "d") });
  expect((await createNamespace(bench, "staging", { groupId: 7 })).status).toBe(413);
  expect((await bench.send("GET", "auth/groups")).json.groups).toHaveLength(1);
  expect((await bench.send("GET", "initialize", { section: "no-cp-codes" })).status).toBe(500);
  expect(readFileSync(bench.emulator.edgerc ?? "", "utf8")).toContain("[no-cp-codes]");
  await bench.close();
  writeFileSync(seedFile, JSON.stringify({ grops: [] }));
  await expect(startEmulator({ seedFile })).rejects.toThrow(/not a state of the emulator/);
});

test("options that cannot be are refused", async () => {
  await expect(startEmulator({ persist: true })).rejects.toThrow("persist needs dir");
  await expect(startEmulator({ settings: { namespacesPerNetwork: -1 } })).rejects.toThrow();
  await expect(startEmulator({ lag: -1 })).rejects.toThrow(RangeError);
  expect(existsSync(join(parent, ".edgerc"))).toBe(false);
});
