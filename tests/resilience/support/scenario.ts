import { gunzipSync } from "node:zlib";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { Emulator } from "../../../emulator";
import type { Account } from "../../../emulator/account/account";
import { type Replicated, readPrimary } from "../../../emulator/replication";
import { edgekv, edgeworkers, property } from "../../../sdk";
import { place } from "../../support/property";
import { accountOf } from "../../support/testEngine/account";

/** What a program says of one resource of each kind: the fixture of every shop. */
export interface Fixture {
  readonly retentionInSeconds: number;
  readonly deletion: "scheduled" | "immediate";
  /** Of the token, where it is not to be derived. */
  readonly tokenName?: string | undefined;
  readonly permissions: readonly ("r" | "w" | "d")[];
  readonly refreshTriggers: number;
  readonly description: string;
  readonly greeting: string;
  /** By key, of a group of items. */
  readonly words: Readonly<Record<string, string>>;
  readonly code: string;
  /** Where the rule of the property leads from; no rules at all without it. */
  readonly path?: string | undefined;
}

export const namespace = "catalog";
export const network = "staging";
export const item = { group: "greetings", key: "US" } as const;
export const wordsGroup = "words";
export const groupId = 72_297;

/** The program that says it. */
export const programOf =
  (declared: Fixture): PulumiFn =>
  async () => {
    const database = new edgekv.Database("edgekv", {});
    const catalog = new edgekv.Namespace(
      namespace,
      {
        network,
        groupId,
        retentionInSeconds: declared.retentionInSeconds,
        deletion: { mode: declared.deletion },
      },
      { dependsOn: database },
    );
    const place = { network, namespace: catalog.name } as const;
    new edgekv.Item("greeting", { ...place, ...item, value: declared.greeting });
    new edgekv.ItemGroup("words", { ...place, group: wordsGroup, items: { ...declared.words } });

    const greeter = new edgeworkers.EdgeWorker("greeter", {
      groupId,
      resourceTierId: 200,
      description: declared.description,
    });
    const { edgeWorkerId } = greeter;
    const reader = new edgekv.AccessToken("reader", {
      ...(declared.tokenName === undefined ? {} : { name: declared.tokenName }),
      allowOnStaging: true,
      namespacePermissions: catalog.name.apply((name) => ({ [name]: [...declared.permissions] })),
      restrictToEdgeWorkerIds: [edgeWorkerId],
      refreshTriggers: declared.refreshTriggers,
      // A token of a fixed name is revoked before the next one is there, also while code uses it.
      ...(declared.tokenName === undefined ? {} : { deletion: { mode: "revoke", evenIfLive: true } }),
    });
    const code = new edgeworkers.Version("greeter", {
      edgeWorkerId,
      bundle: bundleOf(declared.code),
      version: "auto",
      tokens: [reader],
    });
    new edgeworkers.Activation("greeter", { edgeWorkerId, network, version: code.version });

    const { path } = declared;
    if (path !== undefined) {
      new property.EdgeWorkerRules("greeter", {
        propertyName: "www.example.com",
        baseVersion: "latest",
        rules: [{ name: "Greeter", parent: ["Sites", "Shop"], paths: [path], edgeWorker: { edgeWorkerId } }],
      });
    }
  };

export const bundleOf = (code: string): Record<string, string> => ({
  "main.js": `import { EdgeKV } from "./edgekv.js";\nexport function onClientRequest(request) {\n  request.respondWith(200, {}, "${code}");\n}\n`,
  // Stands for Akamai's library, which imports the tokens.
  "edgekv.js": 'import { edgekv_access_tokens } from "./edgekv_tokens.js";\nexport class EdgeKV {}\n',
  "bundle.json": '{ "edgeworker-version": "1.0" }',
});

/** The objects that are there, by name. */
export function there<T>(record: Readonly<Record<string, Replicated<T>>> = {}): Record<string, T> {
  const found = Object.entries(record).map(([name, states]) => [name, readPrimary(states)] as const);
  return Object.fromEntries(found.filter((entry): entry is readonly [string, T] => entry[1] !== undefined));
}

/** The texts of a group of items. */
export function itemsOf({ edgekv: { items } }: Account, group: string): Record<string, string> {
  const found = Object.entries(there(items[network][namespace]?.[group]));
  return Object.fromEntries(found.map(([key, { value }]) => [key, value]));
}

/** What is live on staging, as the record of deployments tells it. */
export function liveOn({ edgeworkers: { belongings }, now }: Account, id: string): string | undefined {
  let live: string | undefined;
  for (const states of belongings[id]?.deployments ?? []) {
    const deployment = readPrimary(states);
    if (deployment?.network !== "STAGING" || deployment.outcome !== "COMPLETE" || deployment.endsAt > now)
      continue;
    if (deployment.cancelledAt !== undefined) continue;
    if (deployment.kind === "activation") live = deployment.version;
    else if (live === deployment.version) live = undefined;
  }
  return live;
}

/** All text of the archive behind a version; its files follow each other uncompressed in a tar. */
export const textOf = ({ content }: { readonly content: string }): string =>
  gunzipSync(Buffer.from(content, "base64")).toString("utf8");

export function propertyOf(account: Account): Account["property"]["properties"][string] {
  const found = account.property.properties[place.propertyId.replace("prp_", "")];
  if (found === undefined) throw new Error("the property is gone");
  return found;
}

/** What of it is not as it was declared, in words; nothing when all is well. */
export function wrongIn(emulator: Emulator, declared: Fixture): string[] {
  const account = accountOf(emulator);
  const { edgekv, edgeworkers } = account;
  const wrong: string[] = [];
  const demand = (what: string, is: unknown, wanted: unknown) => {
    const [have, want] = [JSON.stringify(is), JSON.stringify(wanted)];
    if (have !== want) wrong.push(`${what}: ${have} instead of ${want}`);
  };
  const { default: _, ...namespaces } = there(edgekv.namespaces[network]);
  demand("namespaces", Object.keys(namespaces), [namespace]);
  demand("retention", namespaces[namespace]?.retentionInSeconds, declared.retentionInSeconds);
  demand("scheduled delete", namespaces[namespace]?.scheduledDeleteTime, undefined);
  demand("greeting", itemsOf(account, item.group), { [item.key]: declared.greeting });
  demand("words", sorted(itemsOf(account, wordsGroup)), sorted(declared.words));

  const tokens = Object.values(there(edgekv.tokens));
  const [token] = tokens;
  demand("tokens", tokens.length, 1);
  demand("permissions", token?.namespacePermissions, { [namespace]: declared.permissions });
  if (declared.tokenName !== undefined) demand("token", token?.name, declared.tokenName);

  const workers = Object.entries(there(edgeworkers.ids));
  const [id = "", worker] = workers[0] ?? [];
  demand("EdgeWorkers", workers.length, 1);
  demand("description", worker?.description?.replace(/ \[pulumi [0-9a-f]+\]$/, ""), declared.description);
  demand("EdgeWorker of the token", token?.restrictToEdgeWorkerIds, [id]);

  const versions = Object.values(there(edgeworkers.belongings[id]?.versions));
  const [version] = versions;
  demand("versions", versions.length, 1);
  demand("live version", liveOn(account, id), version?.version);
  const text = version === undefined ? "" : textOf(version);
  demand("code in the version", text.includes(`"${declared.code}"`), true);
  demand("the token's reference in the version", text.includes(token?.uuid ?? "no token"), true);

  const rules = JSON.stringify(propertyOf(account).versions.at(-1)?.rules);
  demand("own rules", rules.split("[pulumi ").length - 1, declared.path === undefined ? 0 : 1);
  if (declared.path !== undefined) demand("path of the rule", rules.includes(`"${declared.path}"`), true);
  return wrong;
}

const sorted = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
