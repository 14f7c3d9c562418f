/** A run that changes nothing: no request, but the listings that a preview shares among all resources. */

import { place } from "../../support/property";
import type { StoredResource } from "../../support/testEngine";
import { CountedRuns, catalog, listing } from "./support";

let runs: CountedRuns;
afterEach(() => runs.engine.close());

const bundle = {
  "main.js": "export function onClientRequest(request) { request.respondWith(200, {}, 'hello'); }\n",
  "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
};
const greetings = { network: "staging", namespace: "catalog", group: "greetings" };
const rule = { name: "Greeter", paths: ["/hello/*"], edgeWorker: { edgeWorkerId: 54321 } };

/** One of each kind, in the order of their dependencies. */
const program: readonly (readonly [token: string, name: string, args: object])[] = [
  ["edgekv:Database", "edgekv", {}],
  ["edgekv:Namespace", "catalog", catalog],
  ["edgekv:AccessToken", "reader", { allowOnStaging: true, namespacePermissions: { catalog: ["r"] } }],
  ["edgekv:Item", "hello", { ...greetings, key: "hello", value: "Hello" }],
  ["edgekv:ItemGroup", "words", { ...greetings, group: "words", items: { a: "1", b: "2" } }],
  ["edgeworkers:EdgeWorker", "greeter", { name: "greeter", groupId: 72297, resourceTierId: 200 }],
  ["edgeworkers:Version", "code", { edgeWorkerId: 54321, bundle }],
  ["edgeworkers:Activation", "live", { edgeWorkerId: 54321, network: "staging", version: "1.0" }],
  ["property:EdgeWorkerRules", "rules", { propertyName: "www.example.com", rules: [rule] }],
  [
    "property:Activation",
    "site",
    { propertyId: place.propertyId, network: "staging", version: 4, notifyEmails: ["web@example.com"] },
  ],
];

async function upProgram(olds: readonly StoredResource[] = []): Promise<StoredResource[]> {
  const made: StoredResource[] = [];
  for (const [n, [token, name, args]] of program.entries())
    made.push(await runs.engine.up(token, name, args, olds[n]));
  return made;
}

test("without reads at preview a whole program costs nothing", async () => {
  runs = await CountedRuns.start();
  const made = await upProgram();
  runs.engine.run().emulator.clearJournal();
  await upProgram(made);
  expect(runs.engine.requests()).toEqual([]);
});

const rulesOf = `/papi/v1/properties/${place.propertyId}`;
const query = `?contractId=${place.contractId}&groupId=${place.groupId}`;
/** What a preview looks at to see drift. Each is read once, however many resources there are. */
const looks: Readonly<Record<string, readonly string[]>> = {
  "edgekv:Namespace": ["GET /initialize", listing],
  "edgekv:AccessToken": ["GET /initialize", "GET /tokens"],
  // Others edit the rules too.
  "property:EdgeWorkerRules": [`GET ${rulesOf}${query}`, `GET ${rulesOf}/versions/4/rules${query}`],
  "property:Activation": [`GET ${rulesOf}${query}`, `GET ${rulesOf}/activations${query}`],
};

test("with them each kind costs at most the listings that it needs", async () => {
  runs = await CountedRuns.start({ lag: "none" }, {});
  const made = await upProgram();
  for (const [n, [token, name, args]] of program.entries()) {
    runs.engine.run().emulator.clearJournal();
    await runs.engine.up(token, name, args, made[n]);
    expect([token, ...runs.engine.requests()]).toEqual([token, ...(looks[token] ?? [])]);
  }
  runs.engine.run().emulator.clearJournal();
  await upProgram(made);
  expect(runs.engine.requests()).toEqual([...new Set(Object.values(looks).flat())]);
});
