import { readTokensFile } from "../../../provider/api/edgekv/tokensFile";
import { unpack } from "../../../provider/bundle/files";
import { autoVersion, contentHash, finish, numberedName, splitName } from "../../../provider/bundle/finish";
import { versionPattern } from "../../../provider/bundle/manifest";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const finished = async (map: Record<string, string>, ...rest: [string, Parameters<typeof finish>[2]]) =>
  Object.fromEntries(
    [
      ...(await unpack(
        await finish(new Map(Object.entries(map).map(([path, text]) => [path, Buffer.from(text)])), ...rest),
        "b",
      )),
    ].map(([path, bytes]) => [path, bytes.toString()]),
  );

test("a manifest that has the version stays as it is, byte for byte; another one gets the version and keeps the rest", async () => {
  const manifest = '{ "edgeworker-version":"1.0",  "misc":{"a":1} }';
  expect((await finished({ "bundle.json": manifest }, "1.0", []))["bundle.json"]).toBe(manifest);
  expect(JSON.parse((await finished({ "bundle.json": manifest }, "2.0", []))["bundle.json"] ?? "")).toEqual({
    "edgeworker-version": "2.0",
    misc: { a: 1 },
  });
});

test("tokens are written, take the place of those for the same namespace, and leave the others", async () => {
  const existing =
    'var edgekv_access_tokens = {"catalog":{"name":"old","reference":"1"},"namespace-other":{"name":"kept","value":"jwt"}};\nexport {edgekv_access_tokens}';
  const tokens = [{ name: "new", reference: "2", namespaces: ["catalog", "orders"] }];
  const text =
    (await finished({ "bundle.json": "{}", "edgekv_tokens.js": existing }, "1", tokens))[
      "edgekv_tokens.js"
    ] ?? "";
  expect(readTokensFile(text)).toEqual({
    catalog: { name: "new", reference: "2" },
    orders: { name: "new", reference: "2" },
    other: { name: "kept", value: "jwt" },
  });
  expect(text).toContain('"namespace-catalog"');
  expect(await finished({ "bundle.json": "{}" }, "1", [])).not.toHaveProperty("edgekv_tokens.js");
});

test("two tokens for one namespace are one too many", async () => {
  const tokens = ["a", "b"].map((name) => ({ name, reference: name, namespaces: ["catalog"] }));
  await expect(finish(new Map(), "1", tokens)).rejects.toThrow("both for the namespace catalog");
});

describe("the tokens are where the helper looks for them", () => {
  const tokens = [{ name: "new", reference: "2", namespaces: ["catalog"] }];
  const helper = 'import { edgekv_access_tokens } from "./edgekv_tokens.js";';

  test.each<[string, Record<string, string>, string[]]>([
    ["at the root", { "edgekv.js": helper }, ["edgekv_tokens.js"]],
    ["in a sub-folder", { "lib/kv/edgekv.js": helper }, ["lib/kv/edgekv_tokens.js"]],
    ["above it", { "lib/edgekv.js": helper.replace("./", "../") }, ["edgekv_tokens.js"]],
    ["by a dynamic import", { "a/x.js": 'await import("./edgekv_tokens.js")' }, ["a/edgekv_tokens.js"]],
    [
      "in two places",
      { "a/edgekv.js": helper, "b/edgekv.js": helper },
      ["a/edgekv_tokens.js", "b/edgekv_tokens.js"],
    ],
    ["at the root where nothing imports them", { "main.js": "" }, ["edgekv_tokens.js"]],
  ])("%s", async (_what, scripts, paths) => {
    const packed = await finished({ "bundle.json": "{}", ...scripts }, "1", tokens);
    expect(Object.keys(packed).filter((path) => path.endsWith("edgekv_tokens.js"))).toEqual(paths);
    for (const path of paths)
      expect(readTokensFile(packed[path] ?? "")).toHaveProperty("catalog.name", "new");
  });

  test("and the file that is there keeps its other entries, in a sub-folder too", async () => {
    const existing = "export const edgekv_access_tokens = { other: { name: 'kept', reference: 'r' } };";
    const scripts = { "lib/edgekv.js": helper, "lib/edgekv_tokens.js": existing };
    const packed = await finished({ "bundle.json": "{}", ...scripts }, "1", tokens);
    expect(readTokensFile(packed["lib/edgekv_tokens.js"] ?? "")).toEqual({
      catalog: { name: "new", reference: "2" },
      other: { name: "kept", reference: "r" },
    });
  });
});

test("numbers of a manifest keep their digits where the version is written into it", async () => {
  const manifest = '{"edgeworker-version":"1","misc":{"id":9007199254740993,"v":1.10}}';
  const packed = await finished({ "bundle.json": manifest }, "2", []);
  expect(packed["bundle.json"]).toBe(
    '{\n  "edgeworker-version": "2",\n  "misc": {\n    "id": 9007199254740993,\n    "v": 1.10\n  }\n}\n',
  );
});

test("a derived name: of base and content, a valid version whatever the base, with room to be counted on", () => {
  const hash = contentHash({ "a.js": "1" }, {}) ?? "";
  expect(hash).toMatch(/^[0-9a-f]{10}$/);
  expect(contentHash({ "a.js": "1" }, { token: "x" })).not.toBe(hash);
  expect(contentHash({ "a.js": "2" }, {})).not.toBe(hash);
  expect(contentHash({ "a.js": "1" }, { token: unknown })).toBeUndefined();
  for (const base of ["1.0", "1.", "x".repeat(32), "1.2.3.4.5.6.7.8.9.10.11.12.13.14", undefined]) {
    const name = autoVersion(base, hash);
    expect(name).toMatch(versionPattern);
    expect(numberedName(name, 99)).toMatch(versionPattern);
    expect(splitName(numberedName(name, 7))).toEqual({ stem: name, number: 7 });
    expect(splitName(name)).toEqual({ stem: name, number: 1 });
  }
});
