import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tokenKey } from "../../../../provider/api/edgekv/keys";
import { packBundle } from "../../../../provider/bundle/pack";
import { refusalLine } from "../../../support/refusal";
import type { StoredResource, TestEngine } from "../../../support/testEngine";
import { failure, resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";
import {
  account,
  code,
  content,
  edgeKvCode,
  greeterArgs,
  Stack,
  startPrepared,
  unknown,
  versions,
} from "./support";

let engine: TestEngine;
let edgeWorkerId: number;
/** An account with the namespaces `catalog` and `orders`, a token for each, and an EdgeWorker, all known everywhere. */
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  await engine?.close();
  engine = await startPrepared("an EdgeWorker and tokens", prepare, ...options);
  edgeWorkerId = 54_321;
};
const prepare = async (fresh: TestEngine) => {
  engine = fresh;
  for (const namespace of ["catalog", "orders"]) {
    await edgekv("POST", "/networks/staging/namespaces", { namespace, groupId: 0, retentionInSeconds: 0 });
    await makeToken(`${namespace}-reader`, { [namespace]: ["r"] });
  }
  await fresh.up("edgeworkers:EdgeWorker", "greeter", greeterArgs);
};
type Method = "GET" | "POST" | "PUT" | "DELETE";
const edgekv = (method: Method, path: string, json?: object) =>
  engine.somebody().send({ method, path: `/edgekv/v1${path}`, ...(json && { json }) });
const ew = (method: Method, path: string, json?: object) =>
  engine
    .somebody()
    .send({ method, path: `/edgeworkers/v1/ids/${edgeWorkerId}${path}`, ...(json && { json }) });
const makeToken = (name: string, namespacePermissions: object, more: object = {}) =>
  edgekv("POST", "/tokens", {
    name,
    expiry: new Date(engine.emulator.clock.now() + 90 * 86_400_000).toISOString().slice(0, 10),
    allowOnStaging: true,
    allowOnProduction: false,
    namespacePermissions,
    ...more,
  });
const reference = (name: string) => account(engine).edgekv.tokens[name]?.at(-1)?.value?.uuid ?? "";
const token = "edgeworkers:Version";
const args = (more: object = {}) => ({ edgeWorkerId, bundle: code(), ...more });
const { up, preview, refused, notice } = resourceUnderTest(
  () => engine,
  token,
  "code",
  {},
  { complete: args },
);
const uploads = () => engine.changes().filter((request) => request.endsWith("/versions"));

afterAll(() => engine.close());

describe("the name of a version", () => {
  test("from bundle.json, set by the program, or derived from the content", async () => {
    await begin({ lag: "none" });
    expect((await preview()).inputs.version).toBe("1.0");
    expect((await preview({ version: "2.0" })).inputs.version).toBe("2.0");
    const { inputs } = await preview({ version: "auto" });
    expect(inputs.version).toMatch(/^1\.0-[0-9a-f]{10}$/);
    expect((await preview({ version: "auto" })).inputs.version).toBe(inputs.version);
    expect((await preview({ version: "auto", bundle: code("other") })).inputs.version).not.toBe(
      inputs.version,
    );
    expect(
      (await preview({ version: "auto", bundle: { ...code(), "bundle.json": "{}" } })).inputs.version,
    ).toMatch(/^[0-9a-f]{10}$/);
    const made = await up({ version: "auto" });
    expect(made).toMatchObject({
      id: `${edgeWorkerId}/${inputs.version}`,
      state: { version: inputs.version },
    });
    expect(
      JSON.parse((await content(engine, edgeWorkerId, String(inputs.version)))["bundle.json"] ?? ""),
    ).toEqual({
      "edgeworker-version": inputs.version,
    });
  });

  test.each([
    [{ version: "1..0" }, "version: must be `auto`, or 1 to 32 letters"],
    [{ version: "" }, "version: must be `auto`"],
    [
      { bundle: { ...code(), "bundle.json": "{}" } },
      "version: is required, or `edgeworker-version` in bundle.json",
    ],
    [
      { bundle: { ...code(), "bundle.json": "{" } },
      "bundle (not shown): INVALID_MANIFEST: bundle.json is not JSON",
    ],
    [
      { bundle: { ...code(), "lib.js": null } },
      'bundle (not shown): bundle["lib.js"] has no value: set one, or remove',
    ],
    // The first run: the EdgeWorker has no id yet.
    ...["./utils/a", "utils/a", "utils/missing.js"].map((specifier): [object, string] => [
      {
        edgeWorkerId: unknown,
        tokens: [unknown],
        bundle: {
          "main.js": `import { a } from "${specifier}";\nimport { EdgeKV } from "./edgekv.js";`,
          "edgekv.js": 'import { edgekv_access_tokens } from "./edgekv_tokens.js";',
          "utils/a.js": "export const a = 1;",
          "bundle.json": code()["bundle.json"],
        },
      },
      `bundle (not shown): STATIC_VALIDATION_FAILED: main.js, line 1, imports "${specifier}", which is not in the bundle`,
    ]),
    [{ bundle: {} }, "bundle: EMPTY_TARBALL"],
    [{ bundle: "nowhere" }, "bundle: there is no folder or file nowhere"],
    [
      { bundle: { ...code(), "../x": "" } },
      'bundle (not shown): "../x" is not a path that a file of a bundle can have',
    ],
    [{ bundle: JSON.parse('{"__proto__":"x"}') }, "bundle.__proto__: this name can't be used"],
    [{ bundle: undefined }, "bundle: is required"],
    [{ bundle: 5 }, "bundle: must be a path, a Pulumi archive, or a map of files"],
    [{ bundle: { "main.js": "" } }, "bundle: MISSING_MANDATORY_FILES: bundle.json is missing"],
    [{ edgeWorkerId: "" }, "edgeWorkerId: must be the id of an EdgeWorker"],
    [
      { edgeWorkerId: 0 },
      "edgeWorkerId: must be the id of an EdgeWorker, a whole number from 1, or its name",
    ],
    [{ keepVersions: -1 }, "keepVersions: must not be negative"],
    [{ keepVersions: 101 }, "keepVersions: must be at most 100"],
    [{ tokens: ["a", "a"], bundle: edgeKvCode() }, "tokens: names a token twice"],
    [{ exclude: [""] }, "exclude.0: must not be empty"],
    [{ exclude: ["*a*a*a*b"] }, "exclude.0: has too many `*`: at most three between two `/`"],
    [{ exclude: ["**/a/**/b/**/c/**/d/**"] }, "exclude.0: has too many `*`"],
    [{ exclude: ["x".repeat(257)] }, "exclude.0: must have at most 256 characters"],
    [
      { bundle: { ...code(), "big.txt": "x".repeat(1024 * 1024) } },
      "bundle (not shown): MAX_UNCOMPRESSED_SIZE_EXCEEDED",
    ],
  ])("refused at preview, case %#", async (more, message) => {
    await begin({ lag: "none" });
    expect(await refused(more)).toEqual([refusalLine(message)]);
    expect(engine.changes()).toEqual([]);
  });

  test("what is left out of the bundle is named, as a warning where secrets may be among it", async () => {
    await begin({ lag: "none" });
    await preview({ bundle: { ...code(), ".env": "API_KEY=x", ".git/config": "x" } });
    expect(engine.messages).toContain(
      "warning: code: left out of the bundle: .env, .git. Such files may hold secrets, which no bundle should have. Name them in `exclude` to leave them out silently.",
    );
    const { inputs } = await preview({ bundle: { ...code(), "yarn.lock": "x" } });
    expect(Object.keys(inputs.files as object)).toEqual(["bundle.json", "main.js"]);
    expect(engine.messages).toContain(
      "code: left out of the bundle: yarn.lock. Name them in `exclude` to leave them out silently.",
    );
  });

  test("the rules of a bundle hold where previews may not read, too, and at up the packed size does", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    expect(await refused({ bundle: { "main.js": "" } })).toEqual([
      expect.stringContaining("MISSING_MANDATORY_FILES"),
    ]);
    const text = (kilobytes: number) => randomBytes(kilobytes * 768).toString("base64");
    expect(await refused({ bundle: { ...code(), "a.txt": text(900) } })).toEqual([]);
    expect(await failure(up({ bundle: { ...code(), "a.txt": text(900) } }))).toContain(
      "MAX_COMPRESSED_SIZE_EXCEEDED",
    );
    expect(engine.requests().filter((request) => request.startsWith("POST "))).toEqual([]);
  });

  test("what the service itself objects to fails the preview, its warnings are reported, and its silence does no harm", async () => {
    await begin({ lag: "none" });
    expect(
      await refused({ bundle: { ...code(), "main.js": "export function onClientRequest() { let x = ; }" } }),
    ).toEqual([expect.stringMatching(/^bundle: STATIC_VALIDATION_FAILED: /)]);
    const body = { errors: [], warnings: [{ type: "ACCESS_TOKEN_EXPIRING_SOON", message: "soon" }] };
    engine.emulator.faults.add({ path: "*/validations", kind: "status", status: 200, body });
    expect(await refused({ version: "2.0" })).toEqual([]);
    expect(notice("version 2.0 of EdgeWorker 54321: ACCESS_TOKEN_EXPIRING_SOON: soon")).toBeDefined();
    for (const status of [403, 503]) {
      engine.emulator.faults.add({ path: "*/validations", kind: "status", status });
      expect(await refused({ version: "3.0" })).toEqual([]);
      expect(notice("version 3.0 of EdgeWorker 54321 could not be validated beforehand")).toBeDefined();
    }
    await begin({ lag: "none" }, { previewReads: "false" });
    expect(await refused()).toEqual([]);
    expect(engine.requests()).toEqual([]);
  });

  test("other content under the name that is in the state is refused where previews may not read, too: it would delete first", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    const made = await up({ version: "2.0" });
    engine.run();
    const { failures } = await engine.preview(
      token,
      "code",
      { edgeWorkerId, bundle: code("other"), version: "2.0" },
      made,
    );
    expect(failures).toEqual([
      { property: "version", reason: expect.stringContaining("was uploaded with other content") },
    ]);
  });

  test("a name that is taken by other content fails at preview, and names the solution; the same content is no problem", async () => {
    await begin({ lag: "none" });
    const made = await up();
    const message =
      'was uploaded with other content, and a version can\'t be changed: raise `edgeworker-version` in bundle.json, or set `version: "auto"`';
    expect(await refused({ bundle: code("other") }, made)).toEqual([`version: version 1.0 ${message}`]);
    // Also when somebody deleted it meanwhile: a name can't be used again.
    await ew("DELETE", "/versions/1.0");
    expect(await engine.run().preview(token, "code", args({ bundle: code("other") }), made)).toMatchObject({
      failures: [{ property: "version" }],
    });
    // Somebody else's.
    await begin({ lag: "none" });
    await up();
    expect((await engine.run().preview(token, "other", args({ bundle: code("other") }))).failures).toEqual([
      {
        property: "version",
        reason: `version 1.0 is uploaded already with other content, and ${message.split("and ")[1]}`,
      },
    ]);
    expect((await engine.preview(token, "other", args())).failures).toEqual([]);
  });

  test("a name that was used up by a version that is deleted: an error, or counted on", async () => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed });
      const fixed = await up();
      const auto = await up({ version: "auto" });
      for (const version of ["1.0", String(auto.state.version)])
        (await engine.later(20)) && (await ew("DELETE", `/versions/${version}`));
      engine.later(20);
      expect(await engine.refresh(fixed)).toBeUndefined();
      expect(notice("version 1.0 of EdgeWorker 54321 was deleted outside of this program")).toBeDefined();
      expect(await failure(up())).toContain(
        "the version name 1.0 was used before, and can't be used again even if that version was deleted: raise",
      );
      const again = await up({ version: "auto" });
      expect(again.state.version).toBe(`${auto.state.version}~2`);
      // And from then on that is its name.
      expect(await engine.later(20).preview(token, "code", args({ version: "auto" }), again)).toMatchObject({
        plan: "same",
        failures: [],
      });
      await ew("DELETE", `/versions/${again.state.version}`);
      expect((await engine.later(20).up(token, "code", args({ version: "auto" }))).state.version).toBe(
        `${auto.state.version}~3`,
      );
    }
  });
});

describe("uploading", () => {
  test.each([1, 2, 3])("once, and nothing is left to do (seed %d)", async (seed) => {
    await begin({ seed });
    const made = await up();
    expect(made.state).toMatchObject({
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      createdTime: expect.any(String),
    });
    expect(versions(engine, edgeWorkerId)).toEqual(["1.0"]);
    expect(await engine.later(20).preview(token, "code", args(), made)).toMatchObject({
      plan: "same",
      failures: [],
    });
    expect((await engine.refresh(made))?.state).toEqual(made.state);
    expect(uploads()).toHaveLength(1);
  });

  test("to an EdgeWorker that some stale replicas lack", async () => {
    for (const seed of [1, 2, 3, 4]) {
      await begin({ seed });
      const fresh = await engine.up("edgeworkers:EdgeWorker", "fresh", greeterArgs);
      const made = await up({ edgeWorkerId: fresh.state.edgeWorkerId });
      expect(versions(engine, fresh.state.edgeWorkerId as number)).toEqual([made.state.version]);
    }
  });

  test.each([
    ["the connection broke after the effect", { kind: "reset-after" }],
    ["the gateway gave up after the effect", { kind: "status", status: 504, afterEffect: true }],
    ["the connection broke before it", { kind: "reset-before" }],
  ] as const)("when %s, the version is there once", async (_what, fault) => {
    for (const version of ["1.0", "auto"]) {
      await begin({ seed: version.length });
      engine.emulator.faults.add({ method: "POST", path: "*/versions", ...fault });
      const made = await up({ version });
      expect(versions(engine, edgeWorkerId)).toEqual([made.state.version]);
      expect(uploads().length).toBe(fault.kind === "reset-before" ? 2 : 1);
    }
  });

  test("killed at any request, before or after its effect, and run again, there is one version", async () => {
    let at = 0;
    for (let going = true; going; at++) {
      for (const after of [false, true]) {
        await begin({ seed: at + 1 });
        const stack = new Stack(engine);
        const program = [{ token, name: "code", args: () => args({ version: "auto" }) }];
        going = await stack.up(program, { at, after }).then(
          () => false,
          () => true,
        );
        await stack.up(program);
        expect(versions(engine, edgeWorkerId)).toEqual([stack.of("code").version]);
      }
    }
    expect(at).toBeGreaterThan(3);
  });

  test("the same content, compressed by another machine, is the same version", async () => {
    await begin({ lag: "none" });
    const { gzipSync, gunzipSync } = await import("node:zlib");
    const files = new Map(Object.entries(code()).map(([path, text]) => [path, Buffer.from(text as string)]));
    const bytes = gzipSync(gunzipSync(await packBundle(files)), { level: 1 });
    await engine.somebody().send({
      method: "POST",
      path: `/edgeworkers/v1/ids/${edgeWorkerId}/versions`,
      raw: { contentType: "application/gzip", bytes },
    });
    expect(await refused()).toEqual([]);
    const made = await up();
    // The second one is refused: the name is used, by the same content.
    expect(uploads()).toHaveLength(2);
    expect(notice("version 1.0 of EdgeWorker 54321 is there already, with the same content")).toBeDefined();
    expect((await engine.refresh(made))?.state).toEqual(made.state);
  });

  test("files that change between check and up are not uploaded under the name of the others", async () => {
    await begin({ lag: "none" });
    const folder = mkdtempSync(join(tmpdir(), "bundle-"));
    const write = (greeting: string) => {
      for (const [path, text] of Object.entries(code(greeting)))
        writeFileSync(join(folder, path), String(text));
    };
    write("hello");
    const stack = new Stack(engine);
    stack.watch = async () => write("other");
    expect(
      await failure(stack.up([{ token, name: "code", args: () => args({ bundle: folder }) }])),
    ).toContain("the files of the bundle changed while `up` was running");
    expect(versions(engine, edgeWorkerId)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe("a change", () => {
  test("names the files that changed, comes before the old one goes, and leaves what is not content to the state", async () => {
    await begin();
    const made = await up({ version: "auto" });
    const news = { version: "auto", bundle: code("good day") };
    const planned = await engine.later(20).preview(token, "code", args(news), made);
    expect(planned).toMatchObject({ plan: "replace", failures: [], deleteBeforeReplace: false });
    expect(planned.replaces.sort()).toEqual(["files", "version"]);
    const [before, after] = [made.inputs.files, planned.inputs.files] as Record<string, string>[];
    expect(Object.keys(after ?? {}).filter((path) => before?.[path] !== after?.[path])).toEqual(["main.js"]);
    const changed = await up(news, made);
    expect(versions(engine, edgeWorkerId)).toEqual([changed.state.version]);
    // A glob that leaves nothing out, a token list that is empty.
    const unchanged = await engine
      .later(20)
      .up(token, "code", args({ ...news, exclude: ["*.md"], tokens: [] }), changed);
    expect([unchanged.id, versions(engine, edgeWorkerId)]).toEqual([changed.id, [changed.state.version]]);
  });

  test("keeps as many earlier versions as are set, and deletes them with itself", async () => {
    await begin({ lag: "none" });
    const greetings = ["a", "b", "c", "d"];
    let last: StoredResource | undefined;
    const names: unknown[] = [];
    for (const greeting of greetings) {
      last = await engine
        .run()
        .up(token, "code", args({ version: "auto", keepVersions: 2, bundle: code(greeting) }), last);
      names.unshift(last.state.version);
    }
    expect(last?.state.kept).toEqual(names.slice(1, 3));
    expect(versions(engine, edgeWorkerId).sort()).toEqual(names.slice(0, 3).sort());
    // Back to an older one: it is there, and stays, whatever the old state says of it.
    const back = await engine
      .run()
      .up(token, "code", args({ version: "auto", keepVersions: 2, bundle: code("c") }), last);
    expect(back.state).toMatchObject({ version: names[1], kept: [names[0], names[2]] });
    expect(versions(engine, edgeWorkerId).sort()).toEqual(names.slice(0, 3).sort());
    const fewer = await engine
      .run()
      .up(token, "code", args({ version: "auto", keepVersions: 1, bundle: code("c") }), back);
    expect(versions(engine, edgeWorkerId).sort()).toEqual([names[0], names[1]].sort());
    engine.run();
    await engine.destroy(fewer);
    expect(versions(engine, edgeWorkerId)).toEqual([]);
  });

  test("a version that is live is never deleted", async () => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed });
      const made = await up({ version: "auto" });
      await engine.up("edgeworkers:Activation", "live", {
        edgeWorkerId,
        network: "production",
        version: made.state.version,
      });
      const changed = await engine
        .later(20)
        .up(token, "code", args({ version: "auto", bundle: code("other") }), made);
      expect(versions(engine, edgeWorkerId).sort()).toEqual(
        [made.state.version, changed.state.version].sort(),
      );
      expect(
        notice(`version ${String(made.state.version)} stays live on production. The run removes all of that`),
      ).toBeDefined();
    }
  });

  test("a replacement that is forced does not delete what it has just found", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run();
    expect((await up()).state).toEqual(made.state);
    await engine.destroy(made);
    expect(versions(engine, edgeWorkerId)).toEqual(["1.0"]);
  });

  test("a delete whose answer got lost, or of what is gone, is no error", async () => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed });
      const made = await up();
      engine.later(20).emulator.faults.add({ method: "DELETE", path: "*", kind: "reset-after" });
      await engine.destroy(made);
      await engine.destroy(made);
      expect(versions(engine, edgeWorkerId)).toEqual([]);
    }
  });

  test("one that was replaced by somebody is not this program's any more", async () => {
    await begin({ lag: "none" });
    const made = await up();
    expect(
      await engine.refresh({ ...made, state: { ...made.state, checksum: "0".repeat(64) } }),
    ).toBeUndefined();
    expect(notice("was replaced by other code outside of this program")).toBeDefined();
  });
});

describe("access tokens", () => {
  const edgeKv = (more: object = {}) => ({
    bundle: edgeKvCode(),
    version: "auto",
    tokens: ["catalog-reader"],
    ...more,
  });

  test("their references are in the bundle, and in no state, input, notice or error", async () => {
    await begin();
    const made = await up(edgeKv());
    const uuid = reference("catalog-reader");
    expect((await content(engine, edgeWorkerId, String(made.state.version)))["edgekv_tokens.js"]).toContain(
      uuid,
    );
    const refreshed = await engine.later(20).refresh(made);
    const results = [
      made,
      refreshed,
      await preview(edgeKv(), made),
      engine.messages,
      await failure(up(edgeKv({ version: "1..0" }))),
    ];
    expect(JSON.stringify(results)).not.toContain(uuid);
    expect(JSON.stringify(engine.emulator.journal())).not.toContain(uuid);
    expect(made.state.tokenDigests).toEqual({ "catalog-reader": expect.stringMatching(/^[0-9a-f]{12}$/) });
  });

  test("the JWT of an older token neither", async () => {
    await begin({ lag: "none", settings: { legacyTokens: true } });
    const made = await up(edgeKv());
    const jwt = account(engine).edgekv.tokens["catalog-reader"]?.at(-1)?.value?.value ?? "no token";
    expect((await content(engine, edgeWorkerId, String(made.state.version)))["edgekv_tokens.js"]).toContain(
      jwt,
    );
    expect(JSON.stringify([made, await engine.refresh(made), engine.messages])).not.toContain(jwt);
  });

  test("a token that is made anew under its name, or changes its namespaces, means a new version", async () => {
    await begin({ lag: "none" });
    const made = await up(edgeKv());
    const before = reference("catalog-reader");
    await edgekv("DELETE", "/tokens/catalog-reader");
    await makeToken("catalog-reader", { catalog: ["r"] });
    engine.run();
    expect(reference("catalog-reader")).not.toBe(before);
    expect(await preview(edgeKv(), made)).toMatchObject({ plan: "replace", failures: [] });
    const changed = await up(edgeKv(), made);
    expect(
      (await content(engine, edgeWorkerId, String(changed.state.version)))["edgekv_tokens.js"],
    ).toContain(reference("catalog-reader"));
    // With a fixed name, that is another content of the same name.
    const fixed = await engine.up(token, "fixed", args(edgeKv({ version: "9" })));
    await edgekv("DELETE", "/tokens/catalog-reader");
    await makeToken("catalog-reader", { catalog: ["r"] });
    expect(
      (await engine.run().preview(token, "fixed", args(edgeKv({ version: "9" })), fixed)).failures,
    ).toEqual([
      { property: "version", reason: expect.stringContaining("version 9 was uploaded with other content") },
    ]);
  });

  test("one that the same program is to make is unknown at preview, and known at up", async () => {
    await begin({ lag: "none" });
    const wanted = edgeKv({ tokens: ["fresh"] });
    expect(await refused(wanted)).toEqual([
      "tokens: the access token fresh is not there, and no resource before this one declares it",
    ]);
    engine.context.runState.planned.add(tokenKey("fresh"));
    expect(await preview(wanted)).toMatchObject({
      failures: [],
      inputs: {
        version: unknown,
        tokenDigests: { fresh: unknown },
        files: { "main.js": expect.stringMatching(/^[0-9a-f]{16}$/) },
      },
    });
    await makeToken("fresh", { catalog: ["r"] });
    engine.context.runState.created.add(tokenKey("fresh"));
    expect((await up(wanted)).state.version).toMatch(/^1\.0-/);
    // To be replaced under its name: what is there now says nothing.
    engine.run().context.runState.planned.add(tokenKey("fresh"));
    expect(await preview(wanted)).toMatchObject({ failures: [], inputs: { version: unknown } });
  });

  test("nor does an unknown list of tokens, or bundle, or id keep a preview from saying what it can", async () => {
    await begin({ lag: "none" });
    expect(await preview(edgeKv({ tokens: unknown }))).toMatchObject({
      failures: [],
      inputs: { version: unknown, tokenDigests: unknown },
    });
    expect(await preview({ bundle: unknown })).toMatchObject({
      failures: [],
      inputs: { version: unknown, files: unknown },
    });
    expect(await preview({ edgeWorkerId: unknown, version: "auto" })).toMatchObject({
      failures: [],
      inputs: { version: expect.stringMatching(/^1\.0-/) },
    });
    expect(await refused({ edgeWorkerId: unknown, bundle: { "main.js": "" } })).toEqual([
      expect.stringContaining("MISSING_MANDATORY_FILES"),
    ]);
  });

  test("where previews may not read, a token that is not there yet is not refused", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    expect(await preview(edgeKv({ tokens: ["fresh"] }))).toMatchObject({
      failures: [],
      inputs: { version: unknown },
    });
  });

  test("one that is not COMPLETE yet is waited for, since no bundle may name it; one that never comes is an error", async () => {
    await begin();
    await makeToken("slow", { catalog: ["r"] });
    expect(await engine.later(10).preview(token, "code", args(edgeKv({ tokens: ["slow"] })))).toMatchObject({
      failures: [],
    });
    const before = engine.emulator.clock.now();
    await up(edgeKv({ tokens: ["slow"] }));
    expect(engine.emulator.clock.now() - before).toBeGreaterThan(90_000);
    expect(notice("waiting for access token slow to be COMPLETE")).toBeDefined();
    engine.set({ failTokens: 1 });
    await makeToken("broken", { catalog: ["r"] });
    expect(
      await failure(engine.later(200).up(token, "code", args(edgeKv({ tokens: ["broken"] })))),
    ).toContain("waited for access token broken to be COMPLETE, but it is ERROR");
  });

  test("two of them for one namespace are refused on `tokens`; two for two are not, nor is a file with others", async () => {
    await begin({ lag: "none" });
    await makeToken("second", { catalog: ["w"] });
    expect(await refused(edgeKv({ tokens: ["catalog-reader", "second"] }))).toEqual([
      expect.stringContaining(
        "tokens: the access tokens catalog-reader and second are both for the namespace catalog",
      ),
    ]);
    const file = `var edgekv_access_tokens = {"namespace-other":{"name":"theirs","reference":"${reference("orders-reader")}"},"namespace-catalog":{"name":"stale","reference":"x"}}\nexport { edgekv_access_tokens };`;
    const made = await up(
      edgeKv({
        tokens: ["orders-reader", "catalog-reader"],
        bundle: { ...edgeKvCode(), "edgekv_tokens.js": file },
      }),
    );
    const text = (await content(engine, edgeWorkerId, String(made.state.version)))["edgekv_tokens.js"] ?? "";
    expect(Object.keys(JSON.parse(text.slice(text.indexOf("{"), text.indexOf("\nexport"))))).toEqual([
      "namespace-catalog",
      "namespace-orders",
      "namespace-other",
    ]);
    expect(text).not.toContain("stale");
  });

  test("one that is for other EdgeWorkers brings a warning", async () => {
    await begin({ lag: "none" });
    await makeToken("theirs", { catalog: ["r"] }, { restrictToEdgeWorkerIds: ["7"] });
    expect(await refused(edgeKv({ tokens: ["theirs"] }))).toEqual([]);
    expect(
      notice(
        "warning: access token theirs is for the EdgeWorkers 7 only: EdgeKV will refuse it to EdgeWorker 54321 (403)",
      ),
    ).toBeDefined();
  });

  test("a token that was made anew while up was running is not packed under the old name", async () => {
    await begin({ lag: "none" });
    const stack = new Stack(engine);
    let done = false;
    stack.watch = async () => {
      if (done || !stack.requests.at(-1)?.endsWith("/validations")) return;
      done = true;
      await edgekv("DELETE", "/tokens/catalog-reader");
      await makeToken("catalog-reader", { catalog: ["r"] });
    };
    expect(await failure(stack.up([{ token, name: "code", args: () => args(edgeKv()) }]))).toContain(
      "an access token was replaced while `up` was running",
    );
    expect(versions(engine, edgeWorkerId)).toEqual([]);
  });
});
