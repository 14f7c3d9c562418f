import { usesOfBundle } from "../../../provider/liveUse/bundleUse";
import { lacking, smallerPermissions } from "../../../provider/liveUse/permissions";
import { plain } from "./bundles";

const made = `const kv = new EdgeKV({ namespace: "words" });\n`;
const code = (body: string) => usesOfBundle(plain(`${made}export async function f(x) { ${body} }`)).code;
const grant = (permissions: Record<string, string[]>) => ({ name: "reader", permissions });
const read = `await kv.getText({ item: "a" });`;
const write = `await kv.putText({ item: "a" });`;

test.each<[what: string, body: string, permissions: Record<string, string[]>, lacks: string[]]>([
  ["a read that is allowed", read, { words: ["r"] }, []],
  ["a write that is not", read + write, { words: ["r"] }, ["w words main.js 3"]],
  ["a delete that is not", `await kv.delete({ item: "a" });`, { words: ["r", "w"] }, ["d words main.js 3"]],
  ["no token for the namespace", read, { others: ["r"] }, ["r words main.js 3"]],
  [
    "a call's own namespace",
    `await kv.getText({ namespace: "b", item: "a" });`,
    { words: ["r"] },
    ["r b main.js 3"],
  ],
  [
    "a namespace that may be another",
    `await kv.getText({ namespace: x ? "b" : "c", item: "a" });`,
    { words: ["r"] },
    [],
  ],
  ["an operation that can't be determined", `await kv[x]({ item: "a" });`, { words: [] }, []],
  ["twice the same", read + read, {}, ["r words main.js 3"]],
])("lacking: %s", (_what, body, permissions, lacks) => {
  const found = lacking(code(body), [grant(permissions)]);
  expect(
    found.map(({ operation, namespace, file, line }) => `${operation} ${namespace} ${file} ${line}`),
  ).toEqual(lacks);
});

test.each<[what: string, body: string, permissions: Record<string, string[]>, enough: object | undefined]>([
  ["as much as it needs", read, { words: ["r"] }, undefined],
  ["a letter more", read, { words: ["r", "w"] }, { words: ["r"] }],
  ["a namespace more", read, { words: ["r"], others: ["r"] }, { words: ["r"] }],
  ["more, but the code can't be determined", `${read} x(kv);`, { words: ["r", "w"] }, undefined],
  ["more, but the code does nothing that can be seen", "", { words: ["r", "w"] }, undefined],
])("allowed: %s", (_what, body, permissions, enough) => {
  expect(smallerPermissions(code(body), grant(permissions))).toEqual(enough);
});
