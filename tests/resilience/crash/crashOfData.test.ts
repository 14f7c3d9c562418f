/**
 * As crash.test.ts, for runs that write, keep or move data: uploads of what changed, a destroy with a snapshot, and a move to another place. Nothing of the data is
 * lost at any time.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { merge } from "../../../emulator/account/account";
import { edgekv } from "../../../sdk";
import { accountOf } from "../../support/testEngine/account";
import type { ProgramStack } from "../../support/testEngine/programStack";
import { isFull } from "../support/extent";
import { type Act, crashEverywhere, destroy, up } from "./crashes";

const network = "production";
const count = 25;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-crash-data-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shop = (args: object) =>
  new edgekv.Namespace(
    "shop",
    { network, groupId: 72_297, retentionInSeconds: 0, ...args },
    { dependsOn: new edgekv.Database("edgekv", {}) },
  );
const words =
  (edition: number, args: object = {}): PulumiFn =>
  async () => {
    const items = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`k${index}`, `value ${index % 5 === 0 ? edition : 1}`]),
    );
    new edgekv.ItemGroup("words", { namespace: shop(args), group: "words", items, transfer: "bulk" });
  };
const alone =
  (args: object): PulumiFn =>
  async () => {
    shop(args);
  };

/** What nothing in the program declares. */
const foreign = Object.fromEntries(
  Array.from({ length: count }, (_, index) => [`f${index}`, `foreign ${index}`]),
);
const fill: Act = async (stack) => {
  const items = Object.fromEntries(
    Object.entries(foreign).map(([key, value]) => [
      key,
      [{ at: 0, lag: 0, value: { value, encoding: "utf8", contentType: "text/plain", expiresAt: null } }],
    ]),
  );
  const { state } = stack.emulator;
  state.put(merge(state.get(), { edgekv: { items: { [network]: { shop: { foreign: items } } } } }));
  return { how: "done", errors: [], steps: [], requests: [], messages: [], seconds: 0 };
};

/** Whether what was there before is there still, or in a snapshot that is whole. */
function demandKept(stack: ProgramStack): void {
  const { items, namespaces } = accountOf(stack.emulator).edgekv;
  const isThere = (name: string) => {
    const live = namespaces[network][name]?.at(-1)?.value;
    const found = Object.keys(items[network][name]?.foreign ?? {}).length;
    return Boolean(live) && found === count;
  };
  const kept = readdirSync(folder)
    .filter((name) => name.endsWith(".snapshot.json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as { items: number });
  expect(isThere("shop") || isThere("shop-eu") || kept.some(({ items: all }) => all >= count)).toBe(true);
}

const us = { geoLocation: "US" };
const eu = { geoLocation: "EU", moveDataOnReplace: true };
const withSnapshot = () => ({ snapshotBeforeDelete: folder, deletion: { mode: "immediate" } });

const scenarios: readonly (readonly [what: string, before: () => readonly Act[], act: Act])[] = [
  ["items by upload: a part changed", () => [up(words(1))], up(words(2))],
  ["a destroy with a snapshot", () => [up(alone(withSnapshot())), fill], destroy],
  ["a move to another place", () => [up(alone(us)), fill], up(alone(eu))],
];

test.each(scenarios)(
  "crashed in %s",
  (what, before, act) =>
    crashEverywhere("Crashes with data in process", what, before(), act, {
      begin: () => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
      },
      check: what.startsWith("items") ? () => undefined : demandKept,
    }),
  isFull ? 3_600_000 : 180_000,
);
