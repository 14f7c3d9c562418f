/** Every way for JSON into a resource: what a reader of JSON would change silently is refused with its place. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operationsOf } from "../../provider/adapter";
import { registry } from "../../provider/registry";
import { offline } from "./framework/fakes";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-json-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function reasons(token: string, inputs: Record<string, unknown>): Promise<string> {
  const resource = registry.get(token);
  if (resource === undefined) throw new Error(token);
  const { failures } = await operationsOf(resource, Promise.resolve(offline())).check(
    {},
    { ...inputs, owner: "shop/dev/a" },
  );
  return failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n");
}

const place = { network: "staging", namespace: "catalog", group: "pages" };
const put = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const group = (inputs: Record<string, unknown>) => reasons("edgekv:ItemGroup", { ...place, ...inputs });

/** Each takes the text of one JSON value. */
const entrances: readonly [string, (json: string) => Promise<string>][] = [
  ["json of an item", (json) => reasons("edgekv:Item", { ...place, key: "a", json })],
  ["json of an item in a map", (json) => group({ items: { a: { json } } })],
  ["a member of a JSON file", (json) => group({ file: put("a.json", `{"k":${json}}`) })],
  [
    "the value of a record in a JSON file",
    (json) => group({ file: put("b.json", `[{"key":"k","value":${json}}]`) }),
  ],
  [
    "a part of a record in a JSON file",
    (json) => group({ file: put("c.json", `[{"key":"k","x":${json}}]`) }),
  ],
  [
    "the value of a line of NDJSON",
    (json) => group({ file: put("a.ndjson", `{"key":"k","value":${json}}\n`) }),
  ],
  ["a part of a line of NDJSON", (json) => group({ file: put("b.jsonl", `{"key":"k","x":${json}}`) })],
  [
    "a file in a folder",
    async (json) => {
      put("k.json", json);
      return group({ folder });
    },
  ],
  [
    "bundle.json",
    (json) =>
      reasons("edgeworkers:Version", {
        edgeWorkerId: 42,
        bundle: {
          "main.js": "export function onClientRequest() {}\n",
          "bundle.json": `{"edgeworker-version":"1.0","config":${json}}`,
        },
      }),
  ],
];

describe.each(entrances)("%s", (_, check) => {
  test.each<[string, string, RegExp]>([
    ["a name twice", '{"x":1,"x":2}', /has the name x twice/],
    ["a name twice, written in two ways", '{"x":1,"\\u0078":2}', /has the name x twice/],
    ["a name twice, deep inside", '[[{"a":{"x":null,"y":1,"x":null}}]]', /has the name x twice/],
    ["a number beyond the range", "1e400", /1e400, a number beyond the range/],
    ["a negative one, deep inside", '{"a":[-1E+400]}', /-1E\+400, a number beyond the range/],
    ["one of many digits", `1${"0".repeat(400)}`, /a number beyond the range/],
    ["half of a surrogate pair", '{"a":"\\udc00"}', /half of a surrogate pair/],
    ["half of one in a name", '{"\\ud83d":1}', /half of a surrogate pair/],
  ])("%s is refused with its place", async (_what, json, reason) => {
    const shown = await check(json);
    expect(shown).toMatch(reason);
    expect(shown).toMatch(/column \d+/);
  });

  test.each(["NaN", "Infinity", "0x10", "01", "+1", ".5", "'a'", '{"a":1,}', "undefined"])(
    "%s is no JSON",
    async (json) => {
      expect(await check(json)).toMatch(/(?:is not|must be) (?:valid )?JSON|column \d+/);
    },
  );
});
