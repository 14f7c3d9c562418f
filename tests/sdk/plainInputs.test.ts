import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "../../sdk";
import { assertPlainInputs } from "../../sdk/plainInputs";

const resource = 'edgekv.Item "greeting"';

test.each<[string, unknown, string]>([
  ["an argument", { key: () => "k" }, "key"],
  ["one in a list", { rules: [{ paths: () => ["/a"] }] }, "rules.0.paths"],
  ["a class", { value: Map }, "value"],
  ["the arguments", () => ({}), ""],
])("%s that is a function is named", (_what, args, path) => {
  expect(() => assertPlainInputs(resource, args)).toThrow(
    `${resource}: \`${path}\` is a function: call it, and set its result`,
  );
});

test.each<[string, unknown, string]>([
  [
    "a date",
    { replaceTriggers: new Date(0) },
    "`replaceTriggers` is a Date, which Pulumi can't pass on: use its toISOString()",
  ],
  [
    "a map",
    { after: { probe: { headers: new Map([["a", "b"]]) } } },
    "`after.probe.headers` is a Map, which Pulumi can't pass on: use Object.fromEntries()",
  ],
  [
    "a set",
    { rules: [{ paths: new Set(["/a"]) }] },
    "`rules.0.paths` is a Set, which Pulumi can't pass on: use Array.from()",
  ],
  [
    "an address",
    { url: new URL("https://a.example") },
    "`url` is a URL, which Pulumi can't pass on: use its href",
  ],
])("%s is named, with what to set", (_what, args, problem) => {
  expect(() => assertPlainInputs(resource, args)).toThrow(`${resource}: ${problem}`);
});

test.each<[string, unknown, string]>([
  [
    "undefined",
    { catalog: ["r"], other: undefined },
    "`namespacePermissions.other` is undefined: set its permissions, or remove the name",
  ],
  [
    "in a map",
    new Map([["catalog", ["r"]]]),
    "`namespacePermissions` is a Map, which JSON does not have: use Object.fromEntries()",
  ],
])("permissions of a token that are %s are no smaller token", (_what, namespacePermissions, problem) => {
  const make = () =>
    new edgekv.AccessToken("reader", { allowOnStaging: true, namespacePermissions } as never);
  expect(make).toThrow(`edgekv.AccessToken "reader": ${problem}`);
});

test("what Pulumi can pass on is none", async () => {
  const asset = new pulumi.asset.StringAsset("x");
  const deep = { a: [{ b: { c: null, d: undefined, e: Promise.resolve(1) } }] };
  const output = pulumi.output({ g: 1 });
  for (const args of [undefined, null, {}, deep, { output, inner: [output.g] }, { bundle: { x: asset } }])
    expect(() => assertPlainInputs(resource, args)).not.toThrow();
  const own: Record<string, unknown> = {};
  own.self = own;
  expect(() => assertPlainInputs(resource, own)).not.toThrow();
});

test("a resource says so before it is registered", () => {
  const args = { network: "staging", groupId: 1, retentionInSeconds: () => 0 };
  expect(() => new edgekv.Namespace("words", args as never)).toThrow(
    'edgekv.Namespace "words": `retentionInSeconds` is a function: call it, and set its result',
  );
});
