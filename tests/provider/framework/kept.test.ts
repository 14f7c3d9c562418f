/** `ignoreChanges`: the engine puts the last inputs in the place of the new ones before check, computed ones too. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { check } from "../../../provider/framework/check";
import { diff } from "../../../provider/framework/diff";
import { type AnyResource, inputFields, updates } from "../../../provider/framework/resource";
import { registry } from "../../../provider/registry";
import { offline, resourceOf } from "./fakes";

type Values = Record<string, unknown>;

const sample = resourceOf({
  args: z.strictObject({ name: updates(z.string()) }),
  computed: z.object({ size: updates(z.int()) }),
  computeInputs: (_context, { known }) => ({ size: String(known.name).length }),
});

test("a computed input that comes in with its last value stays", async () => {
  const { inputs, failures } = await check(
    offline(),
    sample,
    { name: "abc", size: 3, owner: "p/s/r" },
    { name: "abcdef", size: 3, owner: "p/s/r" },
  );
  expect([inputs, failures]).toEqual([{ name: "abcdef", size: 3, owner: "p/s/r" }, []]);
});

test.each([
  ["of a new resource", {}],
  ["with another value", { name: "abc", size: 4, owner: "p/s/r" }],
])("a computed input %s is none that a program can set", async (_what, olds) => {
  const { failures } = await check(offline(), sample, olds, { name: "abc", size: 3, owner: "p/s/r" });
  expect(failures).toEqual([
    { property: "size", reason: "there is no property of this name; there are name" },
  ]);
});

describe("content that is kept", () => {
  const folder = mkdtempSync(join(tmpdir(), "kept-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const main = 'export function onClientRequest(request) { request.respondWith(200, {}, "ok"); }\n';
  const fill = (text: string) => {
    writeFileSync(join(folder, "items.json"), JSON.stringify({ a: text }));
    writeFileSync(join(folder, "main.js"), `${main}// ${text}\n`);
    writeFileSync(join(folder, "bundle.json"), JSON.stringify({ "edgeworker-version": text }));
  };
  const cases = [
    [
      "edgekv:ItemGroup",
      "file",
      { network: "staging", namespace: "n", group: "g", file: join(folder, "items.json") },
    ],
    ["edgekv:ItemGroup", "folder", { network: "staging", namespace: "n", group: "g", folder }],
    ["edgeworkers:Version", "bundle", { edgeWorkerId: 1, bundle: folder }],
    ["edgeworkers:Version", "bundle", { edgeWorkerId: 1, bundle: folder, version: "auto" }],
  ] as const;

  test.each(cases)("%s: `%s` stays what was read of it, even when it is gone", async (token, field, args) => {
    const resource = registry.get(token) as AnyResource;
    const news = { ...args, owner: "p/s/r" };
    fill("1.0");
    const context = offline(
      {},
      async () => ({ status: 200, headers: {}, body: "", as: () => ({ versions: [] }) }) as never,
    );
    const first = await check(context, resource, {}, news);
    expect(first.failures).toEqual([]);

    const change = async (kept: Values) => {
      const { inputs, failures } = await check(offline(), resource, first.inputs, { ...news, ...kept });
      return {
        failures,
        changes: inputFields(resource).filter(
          (one) => JSON.stringify(inputs[one]) !== JSON.stringify(first.inputs[one]),
        ),
      };
    };
    const described = Object.fromEntries(
      [field, ...(resource.content?.[field] ?? [])].flatMap((one) =>
        one in first.inputs ? [[one, first.inputs[one]]] : [],
      ),
    );
    fill("1.1");
    expect(await change(described)).toEqual({ failures: [], changes: [] });
    // The digest alone stands for what was read as well, its count, size or name included.
    const digest = "digest" in described ? "digest" : "files";
    expect(await change({ [digest]: first.inputs[digest] })).toEqual({ failures: [], changes: [] });
    for (const file of ["items.json", "main.js", "bundle.json"]) rmSync(join(folder, file));
    expect(await change(described)).toEqual({ failures: [], changes: [] });
    expect((await change(first.inputs)).failures).toEqual([]);
  });
});

test("the inputs that an input stands for are inputs of the resource", () => {
  for (const resource of registry.values()) {
    for (const [field, described] of Object.entries(resource.content ?? {}))
      expect(inputFields(resource)).toEqual(expect.arrayContaining([field, ...described]));
  }
});

test("all inputs of a resource that is kept as a whole make no difference", async () => {
  const olds = { name: "abc", size: 9, owner: "p/s/r" };
  const { inputs } = await check(offline(), sample, olds, olds);
  expect(await diff(offline(), sample, olds, inputs)).toMatchObject({ changes: false });
});
