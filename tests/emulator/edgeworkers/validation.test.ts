import { gzipSync } from "node:zlib";
import { createNamespace } from "../support/client";
import { bundle, edgeKvFiles, type Files, files, manifest, tar } from "./support/bundle";
import { expectError, Workers } from "./support/worker";

// One emulator: validations change nothing.
let workers: Workers;
let id: number;
beforeAll(async () => {
  workers = await Workers.start({ lag: 20, settings: { versionsPerMinute: 1000 } });
  await createNamespace(workers.bench);
  id = await workers.id();
  workers.advance(20);
});
afterAll(() => workers.close());

const types = async (of: Files | Buffer) => {
  const { errors, warnings } = await workers.validate(of);
  expect(warnings).toEqual([]);
  for (const { message } of errors) expect(message).toEqual(expect.any(String));
  return [...new Set(errors.map(({ type }) => type))];
};

/** What is wrong, and the error code of the upload. */
async function expectRefused(of: Files | Buffer, type: string, code?: string): Promise<void> {
  const body = Buffer.isBuffer(of) ? of : await bundle(of);
  expect(await types(body)).toEqual([type]);
  const { errors } = await workers.validate(body);
  expectError(await workers.upload(id, body), 400, code, errors[0]?.message);
}

const uncheckedGzip = Buffer.from("H4sIAAAAAAAA", "base64");

test("what is right", async () => {
  expect(await workers.validate(files())).toEqual({ errors: [], warnings: [] });
  const full = manifest("a.b_c~d-1", {
    "bundle-version": 1,
    "api-version": "0.3",
    description: "d",
    misc: { any: [1] },
    "invoke-for-edgeworker-clients": true,
    config: {},
    dependencies: {},
    unknown: 1,
  });
  expect(await types(files({ "bundle.json": full }))).toEqual([]);
  const modules = {
    "main.js":
      'import { logger } from "log"; import { a } from "./lib/a.js"; export const onClientRequest = () => logger.log(a);',
    "lib/a.js": 'export * from "./b.js";',
    "lib/b.js": "export const a = await Promise.resolve(1);",
    "data.json": "{ not looked at",
  };
  expect(await types(files(modules))).toEqual([]);
});

test("gzip, tar and sizes", async () => {
  await expectRefused(Buffer.from("no gzip"), "INVALID_GZIP_FORMAT", "EW1103");
  await expectRefused(Buffer.alloc(0), "INVALID_GZIP_FORMAT", "EW1103");
  await expectRefused(uncheckedGzip, "INVALID_GZIP_FORMAT", "EW1103");
  await expectRefused((await bundle()).subarray(0, 200), "INVALID_GZIP_FORMAT", "EW1103");
  await expectRefused(gzipSync("no tar"), "INVALID_TAR_ARCHIVE", "EW1105");
  await expectRefused(gzipSync(Buffer.alloc(2000, "x")), "INVALID_TAR_ARCHIVE", "EW1105");
  await expectRefused(gzipSync((await tar(files())).subarray(0, 600)), "INVALID_TAR_ARCHIVE", "EW1105");
  await expectRefused(gzipSync(await tar({})), "EMPTY_TARBALL", "EW1106");
  await expectRefused(Buffer.alloc(524_289), "MAX_COMPRESSED_SIZE_EXCEEDED", "EW1101");
  await expectRefused(
    files({ "big.txt": "x".repeat(1_048_576) }),
    "MAX_UNCOMPRESSED_SIZE_EXCEEDED",
    "EW1104",
  );
  // The largest that fits: three files, each with a header, and the end of the archive.
  expect(await types(files({ "big.txt": "x".repeat(1_048_576 - 8 * 512) }))).toEqual([]);
});

test("a gzip bomb is not unpacked", async () => {
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
  const [before, began] = [process.memoryUsage.rss(), Date.now()];
  await expectRefused(bomb, "MAX_UNCOMPRESSED_SIZE_EXCEEDED", "EW1104");
  expect(Date.now() - began).toBeLessThan(2000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
});

test("the files of the archive", async () => {
  await expectRefused(files({ "main.js": undefined }), "MISSING_MANDATORY_FILES", "EW1106");
  await expectRefused(files({ "bundle.json": undefined }), "MISSING_MANDATORY_FILES", "EW1106");
  await expectRefused({ "./main.js": "", "./bundle.json": manifest() }, "MISSING_MANDATORY_FILES", "EW1106");
  await expectRefused(
    { "sub/main.js": "", "sub/bundle.json": manifest() },
    "MISSING_MANDATORY_FILES",
    "EW1106",
  );
  await expectRefused({ ...files(), "../out.txt": "x" }, "INVALID_TAR_ARCHIVE", "EW1105");
  const link = (name: string) => (name === "a" ? { type: "symlink" as const, linkname: "/etc/passwd" } : {});
  await expectRefused(await bundle({ ...files(), a: "" }, link), "INVALID_TAR_ARCHIVE", "EW1105");
  const executable = (name: string) => (name === "main.js" ? { mode: 0o755 } : {});
  await expectRefused(await bundle(files(), executable), "INVALID_FILE_PERMISSION");
  const folder = (name: string) => (name === "lib" ? { type: "directory" as const, mode: 0o755 } : {});
  expect(await types(await bundle({ ...files(), lib: "", "lib/a.js": "" }, folder))).toEqual([]);
  expect(await types({ ...files(), "._main.js": "not } looked at", "lib/._x.js": "}" })).toEqual([]);
});

test.each([
  "{",
  "[]",
  "{}",
  manifest(""),
  manifest("1..0"),
  manifest("a b"),
  manifest("v".repeat(33)),
  JSON.stringify({ "edgeworker-version": 1 }),
  manifest("1", { "bundle-version": 0 }),
  manifest("1", { "bundle-version": "1" }),
  manifest("1", { "api-version": "one" }),
  manifest("1", { description: 1 }),
  manifest("1", { misc: [] }),
  manifest("1", { "invoke-for-edgeworker-clients": "true" }),
  manifest("1", { dependencies: "x" }),
])("the manifest %s is invalid", (text) =>
  expectRefused(files({ "bundle.json": text }), "INVALID_MANIFEST", "EW1107"),
);

test.each([
  { "main.js": "export function {" },
  { "main.js": "module.exports = { await: class };" },
  { "lib.js": "}" },
  { "main.js": "[".repeat(100_000) },
  { "main.js": 'import { a } from "./missing.js";' },
  { "main.js": 'export * from "../outside.js";' },
])("the scripts %j are invalid", (changes) =>
  expectRefused(files(changes), "STATIC_VALIDATION_FAILED", "EW1108"),
);

const doubling = (make: (one: string, before: string) => string): string =>
  Array.from({ length: 60 }, (_, at) => make(`a${at + 1}`, `a${at}`)).join(" ");

describe("EdgeKV", () => {
  const reference = (uuid: unknown) => ({ "namespace-catalog": { name: "t", reference: uuid } });

  test("all findings are reported at once", async () => {
    const all = { ...edgeKvFiles({}), "main.js": "}", "bundle.json": "{" };
    expect(new Set(await types(all))).toEqual(
      new Set([
        "STATIC_VALIDATION_FAILED",
        "INVALID_MANIFEST",
        "INVALID_EDGEKV_IMPORTS",
        "ACCESS_TOKEN_MISSING",
      ]),
    );
  });

  test("files and imports", async () => {
    const whole = edgeKvFiles(reference("x"));
    const { "edgekv.js": helper, ...withoutHelper } = whole;
    const { "edgekv_tokens.js": tokens, ...withoutTokens } = whole;
    const { "edgekv.js": _, "edgekv_tokens.js": __, ...withoutBoth } = whole;
    expect(await types(withoutHelper)).toContain("EDGEKV_FILE_MISSING");
    await expectRefused(withoutBoth, "EDGEKV_FILE_MISSING");
    await expectRefused(withoutTokens, "EDGEKV_TOKENS_FILE_MISSING");
    expect(await types({ ...whole, "main.js": "export const onClientRequest = () => 1;" })).toContain(
      "INVALID_EDGEKV_IMPORTS",
    );
    expect(await types({ ...whole, "main.js": 'import { EdgeKV } from "edgekv.js";' })).toContain(
      "INVALID_EDGEKV_IMPORTS",
    );
    const elsewhere = {
      "main.js": 'import "./lib/edgekv.js";',
      "lib/edgekv.js": String(helper),
      "lib/edgekv_tokens.js": String(tokens),
    };
    expect(await types(files(elsewhere))).toEqual(["ACCESS_TOKEN_REFERENCE_INVALID"]);
  });

  test("the tokens file", async () => {
    await expectRefused(edgeKvFiles({}), "ACCESS_TOKEN_MISSING");
    await expectRefused(edgeKvFiles({ "namespace-catalog": { name: "t" } }), "ACCESS_TOKEN_MISSING");
    await expectRefused(edgeKvFiles("export const other = {};"), "ACCESS_TOKEN_INVALID");
    await expectRefused(edgeKvFiles("var edgekv_access_tokens = {};"), "ACCESS_TOKEN_INVALID");
    await expectRefused(
      edgeKvFiles("var edgekv_access_tokens = make(); export { edgekv_access_tokens };"),
      "ACCESS_TOKEN_INVALID",
    );
    await expectRefused(edgeKvFiles({ "namespace-catalog": "x" }), "ACCESS_TOKEN_INVALID");
    await expectRefused(
      edgeKvFiles({ "namespace-catalog": { value: "1ab0e94b-c47e-568e-ab3e-1921ffcefe0c" } }),
      "ACCESS_TOKEN_INVALID",
    );
    await expectRefused(edgeKvFiles(reference(1)), "ACCESS_TOKEN_INVALID");
    await expectRefused(
      edgeKvFiles(reference("1ab0e94b-c47e-568e-ab3e-1921ffcefe0c")),
      "ACCESS_TOKEN_REFERENCE_INVALID",
    );
  });

  const create = async (name: string) => {
    const body = {
      name,
      allowOnStaging: true,
      allowOnProduction: false,
      namespacePermissions: { catalog: ["r"] },
    };
    return (await workers.bench.send("POST", "tokens", { body })).json.uuid as string;
  };

  test("a reference counts when its token is complete, until it is revoked", async () => {
    const uuid = await create("referred");
    await expectRefused(edgeKvFiles(reference(uuid)), "ACCESS_TOKEN_REFERENCE_INVALID");
    workers.advance(20);
    for (const tokens of [
      reference(uuid),
      { catalog: { reference: uuid } },
      `export { edgekv_access_tokens } ; var edgekv_access_tokens={catalog:{'reference':\`${uuid}\`,},}`,
      `export const edgekv_access_tokens = {"namespace-catalog": {reference: "${uuid}"}};`,
    ]) {
      expect(await types(edgeKvFiles(tokens))).toEqual([]);
    }
    expect((await workers.upload(id, await bundle(edgeKvFiles(reference(uuid), "with-token")))).status).toBe(
      201,
    );
    await workers.bench.send("DELETE", "tokens/referred");
    await expectRefused(edgeKvFiles(reference(uuid), "later"), "ACCESS_TOKEN_REFERENCE_INVALID");
  });

  let forms = 0;
  /** Forms of one file: `UUID` stands for the reference. */
  test.each([
    'export { edgekv_access_tokens };\nlet edgekv_access_tokens = {catalog:{name:"t",reference:"UUID"}};',
    'var e={"namespace-catalog":{name:"t",reference:"UUID"}};export{e as edgekv_access_tokens};',
    'var e={catalog:{name:"t",reference:"UUID"}};export{e as "edgekv_access_tokens"};',
    'var edgekv_access_tokens;\nedgekv_access_tokens = {catalog:{name:"t",reference:"UUID"}};\nexport { edgekv_access_tokens };',
    '"use strict";\nconst name = `t`, more = { reference: "UUID" };\nexport const edgekv_access_tokens = { ["namespace-" + "catalog"]: { name, ...more } };',
    'export const edgekv_access_tokens = Object.freeze({catalog: Object.seal({name:"t",reference:"UUID"})});',
    'export const edgekv_access_tokens = Object.assign({}, {catalog:{name:"t",reference:"UUID"}});',
    `const edgekv_access_tokens = JSON.parse('{"catalog":{"name":"t","reference":"UUID"}}');export{edgekv_access_tokens};`,
    'const edgekv_access_tokens = ({catalog:({name:"t",reference:"UUID"})});export{edgekv_access_tokens};\n//# sourceMappingURL=x.js.map\n',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file has it
    'const n = "catalog"; export const edgekv_access_tokens = { [`namespace-${n}`]: { name: `t`, reference: `UUID` } };',
    'export const edgekv_access_tokens={__proto__:null,catalog:{name:"t",reference:"UUID",a:!0}};',
    '\uFEFFvar edgekv_access_tokens = {\r\n"catalog": {"name":"t","reference":"UUID"}\r\n}\r\nexport { edgekv_access_tokens, };\r\n',
  ])("the same reference in another form: %s", async (form) => {
    forms += 1;
    const uuid = await create(`formed-${forms}`);
    const whole = (value: string) => edgeKvFiles(form.replace("UUID", value));
    // A reference that nothing has is found to be one.
    await expectRefused(whole("1ab0e94b-c47e-568e-ab3e-1921ffcefe0c"), "ACCESS_TOKEN_REFERENCE_INVALID");
    workers.advance(20);
    expect(await types(whole(uuid))).toEqual([]);
  });

  test.each([
    "const a = b; const b = a; export { a as edgekv_access_tokens };",
    "export const edgekv_access_tokens = JSON.parse('{');",
    "export const edgekv_access_tokens = JSON.parse(make());",
    "export const { edgekv_access_tokens } = {};",
    "export const edgekv_access_tokens = new Map();",
    // Sixty constants, each made of the one before, twice.
    `const a0 = "xxxxxxxx"; ${doubling((one, before) => `const ${one} = ${before} + ${before};`)} export const edgekv_access_tokens = a60;`,
    `const a0 = {}; ${doubling((one, before) => `const ${one} = { x: ${before}, y: ${before} };`)} export { a60 as edgekv_access_tokens };`,
    `const a0 = {}; ${doubling((one, before) => `const ${one} = [${before}, ${before}];`)} export const edgekv_access_tokens = { catalog: a60 };`,
  ])("no object that shows: %s", async (form) => {
    await expectRefused(edgeKvFiles(form), "ACCESS_TOKEN_INVALID");
  });

  test("a reference to a token that failed", async () => {
    const state = workers.emulator.state.get() as { settings: { failTokens: number } };
    state.settings.failTokens = 1;
    workers.emulator.state.put(state);
    const uuid = await create("failed");
    workers.advance(20);
    await expectRefused(edgeKvFiles(reference(uuid)), "ACCESS_TOKEN_REFERENCE_INVALID");
  });

  test("a dated token: expires some day, soon, has expired", async () => {
    const now = Math.floor(workers.emulator.clock.now() / 1000);
    const jwt = (claims: object) =>
      ["{}", JSON.stringify(claims), "s"].map((part) => Buffer.from(part).toString("base64url")).join(".");
    const dated = (days: number, namespace = "catalog") =>
      edgeKvFiles({
        "namespace-catalog": {
          name: "t",
          value: jwt({ exp: now + days * 86_400, [`namespace-${namespace}`]: ["r"] }),
        },
      });
    expect(await types(dated(31))).toEqual([]);
    expect(await workers.validate(dated(29))).toEqual({
      errors: [],
      warnings: [
        {
          type: "ACCESS_TOKEN_EXPIRING_SOON",
          message: expect.stringMatching(/namespace-catalog expires on \d{4}-/),
        },
      ],
    });
    expect(
      (await workers.upload(id, await bundle({ ...dated(29), "bundle.json": manifest("soon") }))).status,
    ).toBe(201);
    await expectRefused(dated(-1), "ACCESS_TOKEN_EXPIRED");
    await expectRefused(dated(31, "other"), "ACCESS_TOKEN_INVALID");
    await expectRefused(edgeKvFiles({ "namespace-catalog": { value: jwt({}) } }), "ACCESS_TOKEN_INVALID");
  });
});
