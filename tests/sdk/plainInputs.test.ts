import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "../../sdk";
import { assertNoFunction } from "../../sdk/plainInputs";

const resource = 'edgekv.Item "greeting"';

test.each<[string, unknown, string]>([
  ["an argument", { key: () => "k" }, "key"],
  ["one in a list", { rules: [{ paths: () => ["/a"] }] }, "rules.0.paths"],
  ["a class", { value: Map }, "value"],
  ["the arguments", () => ({}), ""],
])("%s that is a function is named", (_what, args, path) => {
  expect(() => assertNoFunction(resource, args)).toThrow(
    `${resource}: \`${path}\` is a function: call it, and set its result`,
  );
});

test("what Pulumi can pass on is none", async () => {
  const asset = new pulumi.asset.StringAsset("x");
  const deep = { a: [{ b: { c: null, d: undefined, e: Promise.resolve(1), f: new Date(0) } }] };
  const output = pulumi.output({ g: 1 });
  for (const args of [undefined, null, {}, deep, { output, inner: [output.g] }, { bundle: { x: asset } }])
    expect(() => assertNoFunction(resource, args)).not.toThrow();
  const own: Record<string, unknown> = {};
  own.self = own;
  expect(() => assertNoFunction(resource, own)).not.toThrow();
});

test("a resource says so before it is registered", () => {
  const args = { network: "staging", groupId: 1, retentionInSeconds: () => 0 };
  expect(() => new edgekv.Namespace("words", args as never)).toThrow(
    'edgekv.Namespace "words": `retentionInSeconds` is a function: call it, and set its result',
  );
});
