import type { z } from "zod";
import { registry } from "../../../provider/registry";
import type { StoredResource, TestEngine } from "../../support/testEngine";

type Values = Readonly<Record<string, unknown>>;
type Rule = (value: unknown) => boolean;

/** What a resource is fuzzed from, and what the API documents of its fields. */
export interface FuzzInput {
  /** Valid declarations, such that each field is in one of them: the first that has it is the one that it is fuzzed in. */
  readonly bases: readonly Values[];
  /**
   * Fields of which one is needed where the schema requires none of them. A missing one is reported on the first.
   * What the schema itself requires is not repeated here: see `requiredFields`.
   */
  readonly alternatives?: readonly string[];
  /** Whether a value may be accepted, from what the API documents. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** Where a wrong value of a field is reported on another one. */
  readonly reportedOn?: Readonly<Record<string, readonly string[]>>;
}

// ---- what the API documents, written independently of the schemas ----

const isText: Rule = (value) => typeof value === "string";
const filled: Rule = (value) => typeof value === "string" && value.length > 0;
/** As the page of a version says: 256 characters, three `*` between two `/`, four `**`. */
const pattern: Rule = (value) =>
  typeof value === "string" &&
  value.length > 0 &&
  value.length <= 256 &&
  (`/${value}/`.match(/(?<=\/)\*\*(?=\/)/g) ?? []).length <= 4 &&
  !/(\*[^/]*){4}/.test(value);
const flag: Rule = (value) => value === true || value === false;
const oneOf =
  (...allowed: readonly unknown[]): Rule =>
  (value) =>
    allowed.includes(value);
const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Rule =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const list =
  (rule: Rule, least = 0, most = Number.POSITIVE_INFINITY): Rule =>
  (value) =>
    isList(value) && value.length >= least && value.length <= most && value.every(rule);
const isMap = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const either =
  (...rules: readonly Rule[]): Rule =>
  (value) =>
    rules.some((rule) => rule(value));
/** Only these members; null is as good as absent, but not for those that are needed. */
const shape =
  (members: Readonly<Record<string, Rule>>, needed: readonly string[] = []): Rule =>
  (value) =>
    isMap(value) &&
    needed.every((name) => Object.hasOwn(value, name) && value[name] !== null) &&
    Object.entries(value).every(
      ([name, member]) =>
        member === null || (Object.hasOwn(members, name) && members[name]?.(member) === true),
    );

/** A probe of another network before an activation. */
const probed = {
  activation: "54321/staging/1.0",
  probe: {
    url: "https://www.example.com/hello",
    method: "GET",
    headers: { "X-Test": "1" },
    expect: { status: 200, header: { "X-Greeting": "yes" }, body: "Hello" },
    times: 2,
    within: 60,
    connectTo: "127.0.0.1:8443",
  },
};
const isTexts: Rule = (value) => isMap(value) && Object.values(value).every(isText);
const matches =
  (form: RegExp): Rule =>
  (value) =>
    typeof value === "string" && form.test(value);
const after = shape(
  {
    activation: matches(/^[^/\s]+\/(?:staging|production)(?:\/[^/\s]+)?$/),
    probe: shape(
      {
        url: matches(/^https?:/i),
        method: oneOf("GET", "HEAD", "OPTIONS", "POST"),
        headers: isTexts,
        expect: shape({ status: whole(100, 599), header: isTexts, body: isText }, ["status"]),
        times: whole(1, 100),
        within: whole(1, 3600),
        connectTo: matches(/^(?:\[[0-9a-f:]+\]|[\w.-]+)(?::\d{1,5})?$/i),
      },
      ["url", "expect"],
    ),
  },
  ["probe"],
);

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
const madeOf = (characters: string, most: number, least = 1): Rule => {
  const allowed = new Set(characters);
  return (value) =>
    typeof value === "string" &&
    value.length >= least &&
    value.length <= most &&
    [...value].every((one) => allowed.has(one));
};
/** "1-32, `[A-Za-z0-9_-]`, not starting with `-`". */
const namespaceName: Rule = (value) =>
  madeOf(`${letters}${digits}_-`, 32)(value) && !String(value).startsWith("-");
/** "1-128 `[A-Za-z0-9_-]`"; a key has up to 512 of them, a token's name up to 32. */
const groupName = madeOf(`${letters}${digits}_-`, 128);
const itemKey = madeOf(`${letters}${digits}_-`, 512);
const tokenName = madeOf(`${letters}${digits}_-`, 32);
/** `^(?!.*?\.{2})[.a-zA-Z0-9_~-]{1,32}$` */
const versionName: Rule = (value) =>
  madeOf(`${letters}${digits}._~-`, 32)(value) && !String(value).includes("..");
const network = oneOf("staging", "production");
/** "Retention: 0, or 86400..315360000 s". */
const retention: Rule = (value) => whole(0, 0)(value) || whole(86_400, 315_360_000)(value);
const numbered =
  (...prefixes: readonly string[]): Rule =>
  (value) =>
    typeof value === "string" &&
    prefixes.some((prefix) => {
      const rest = value.slice(prefix.length);
      return value.startsWith(prefix) && !rest.startsWith("0") && madeOf(digits, 19)(rest);
    });
/** Such as `C-0N7RAC7` and `1-3CV382`. */
const contract =
  (...prefixes: readonly string[]): Rule =>
  (value) =>
    typeof value === "string" &&
    prefixes.some(
      (prefix) =>
        value.startsWith(prefix) && madeOf(`${letters}${digits}-_.`, 64)(value.slice(prefix.length)),
    );
const propertyId = numbered("prp_", "");
const groupId: Rule = (value) => whole(1)(value) || numbered("grp_", "")(value);
const isDay: Rule = (value) => {
  if (typeof value !== "string" || value.length !== 10) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
};
const distinct: Rule = (value) => isList(value) && new Set(value).size === value.length;
const isJson: Rule = (value) => (typeof value === "string" ? parses(value) : value !== undefined);
/** An object with nothing but a text as `json` has the text of JSON in it. */
const isJsonOrItsText: Rule = (value) =>
  isMap(value) && Object.keys(value).length === 1 && typeof value.json === "string"
    ? parses(value.json)
    : value !== undefined;
const parses: Rule = (value) => {
  try {
    return typeof value === "string" && JSON.parse(value) !== undefined;
  } catch {
    return false;
  }
};
const email: Rule = (value) => {
  if (typeof value !== "string") return false;
  const [name = "", domain = "", ...more] = value.split("@");
  return more.length === 0 && name !== "" && domain.includes(".") && !/\s/.test(value);
};
const anything: Rule = () => true;

/** A number or its digits; the account has no EdgeWorker with the names that come up. */
const edgeWorkerId = either(whole(1), numbered(""));
/** Property Manager adds some members to an element. They may stay. */
const added = {
  uuid: anything,
  templateUuid: anything,
  templateLink: anything,
  locked: anything,
  customOverride: anything,
};
const element = shape({ name: filled, options: isMap, ...added }, ["name"]);
const code = {
  "main.js": "export function onClientRequest() {}\n",
  "bundle.json": '{"edgeworker-version":"1.0"}',
};

/** What a bundle with a token has to have. */
const library = {
  "main.js": 'import { EdgeKV } from "./edgekv.js";\n',
  "edgekv.js": 'import { edgekv_access_tokens } from "./edgekv_tokens.js";\nexport class EdgeKV {}\n',
};

const itemPlace = { network: "staging", namespace: "catalog", group: "pages" };
/** Akamai's ids of sandboxes are UUIDs; a tool takes any word. */
const sandbox: Rule = (value) => typeof value === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value);
const placeRules = { network, namespace: namespaceName, group: groupName };

// ---- what there is in the account ----

export const fuzzInputs: Readonly<Record<string, FuzzInput>> = {
  "edgekv:Database": {
    bases: [{ dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: true } }],
    rules: {
      dataAccessPolicy: shape({ restrictDataAccess: flag, allowNamespacePolicyOverride: flag }, [
        "restrictDataAccess",
        "allowNamespacePolicyOverride",
      ]),
    },
  },
  "edgekv:Namespace": {
    bases: [
      {
        name: "shop",
        network: "production",
        groupId: 72297,
        retentionInSeconds: 86_400,
        geoLocation: "EU",
        restrictDataAccess: true,
        deletion: { mode: "scheduled", afterSeconds: 600, evenIfLive: false },
        adopt: false,
        replaceDeletesData: false,
        snapshotBeforeDelete: "kept",
        moveDataOnReplace: false,
      },
    ],
    rules: {
      name: (value) => namespaceName(value) && value !== "default",
      network,
      groupId: whole(0),
      retentionInSeconds: retention,
      geoLocation: oneOf("US", "EU", "JP", "GLOBAL"),
      restrictDataAccess: flag,
      // "new time <= 259200 s ahead; cancel >= 5 min before"
      deletion: shape({
        mode: oneOf("scheduled", "immediate", "retain"),
        afterSeconds: whole(300, 259_200),
        evenIfLive: flag,
      }),
      adopt: flag,
      replaceDeletesData: flag,
      snapshotBeforeDelete: (value) => isText(value) && value !== "",
      moveDataOnReplace: flag,
    },
    // Staging knows one place only; the group is one for both networks.
    reportedOn: { network: ["geoLocation", "restrictDataAccess"], deletion: ["deletion"] },
  },
  "edgekv:AccessToken": {
    bases: [
      {
        name: "writer",
        allowOnStaging: true,
        allowOnProduction: false,
        namespacePermissions: { catalog: ["r", "w"] },
        restrictToEdgeWorkerIds: ["1", "2"],
        expiry: { days: 90 },
        renewBeforeDays: 10,
        replaceTriggers: ["leaked", 1],
        refreshTriggers: { why: ["a", 1] },
        deletion: { mode: "revoke", evenIfLive: true },
        adopt: false,
      },
    ],
    alternatives: ["allowOnStaging"],
    rules: {
      name: tokenName,
      allowOnStaging: flag,
      allowOnProduction: flag,
      // "Namespaces per token 1-20; permissions 1-3 of r,w,d unique"
      namespacePermissions: (value) => {
        if (!isMap(value)) return false;
        const allowed = Object.entries(value).filter(([, given]) => given !== null);
        return (
          allowed.length >= 1 &&
          allowed.length <= 20 &&
          allowed.every(
            ([name, given]) =>
              namespaceName(name) && list(oneOf("r", "w", "d"), 1, 3)(given) && distinct(given),
          )
        );
      },
      // "EdgeWorker IDs per token: 8"
      // Ids in one text, as from stack config, are a list of them.
      restrictToEdgeWorkerIds: (value) =>
        /^\s*\d+(\s*[,;\s]\s*\d+)*\s*$/.test(typeof value === "string" ? value : "") ||
        (list(either(edgeWorkerId, oneOf("all")), 0, 8)(value) &&
          isList(value) &&
          (!value.includes("all") || value.length === 1)),
      // "<= 6 months"
      expiry: either(isDay, shape({ days: whole(1, 180) }, ["days"])),
      renewBeforeDays: whole(1),
      replaceTriggers: anything,
      refreshTriggers: anything,
      deletion: shape({ mode: oneOf("revoke", "retain"), evenIfLive: flag }),
      adopt: flag,
    },
    reportedOn: {
      allowOnProduction: ["namespacePermissions"],
      renewBeforeDays: ["expiry"],
      expiry: ["renewBeforeDays"],
    },
  },
  "edgekv:Item": {
    bases: [
      {
        ...itemPlace,
        key: "about-us",
        sandboxId: "box",
        value: "text",
        overwrite: false,
        waitForPropagation: true,
        deletion: { mode: "delete", evenIfLive: true },
      },
      { ...itemPlace, key: "about-us", json: '{"a":[1,null]}', retentionInSeconds: 600 },
    ],
    alternatives: ["value", "json"],
    rules: {
      ...placeRules,
      sandboxId: sandbox,
      retentionInSeconds: whole(0, 315_360_000),
      key: itemKey,
      value: (value) => isText(value) && Buffer.byteLength(String(value)) <= 1_048_576,
      // As text, or as itself.
      json: (value) => isJson(value) && String(value).length <= 1_048_576,
      overwrite: flag,
      waitForPropagation: flag,
      deletion: shape({ mode: oneOf("delete", "retain"), evenIfLive: flag }),
    },
    reportedOn: { json: ["value"], namespace: ["namespace"], network: ["sandboxId"] },
  },
  "edgekv:ItemGroup": {
    bases: [
      {
        ...itemPlace,
        sandboxId: "box",
        items: { a: "text", b: { json: "[1]" } },
        ownership: "shared",
        transfer: "auto",
        shards: 2,
        overwrite: false,
        waitForPropagation: true,
        deletion: { mode: "retain", evenIfLive: false },
      },
      { ...itemPlace, file: "items.csv", columns: { key: "key", value: "value", delimiter: "," } },
      { ...itemPlace, folder: "items" },
    ],
    alternatives: ["items", "file", "folder"],
    rules: {
      ...placeRules,
      sandboxId: sandbox,
      items: (value) =>
        isMap(value) &&
        Object.entries(value).every(([key, one]) => one === null || (itemKey(key) && isJsonOrItsText(one))),
      // Nothing else is there.
      file: oneOf("items.csv", "./items.csv"),
      folder: oneOf("items", "./items", "items/"),
      columns: shape({ key: oneOf("key", "value"), value: oneOf("key", "value"), delimiter: oneOf(",") }),
      ownership: oneOf("shared", "exclusive"),
      // A sandbox takes no uploads.
      transfer: oneOf("auto", "items"),
      shards: whole(1, 1000),
      overwrite: flag,
      waitForPropagation: flag,
      deletion: shape({ mode: oneOf("delete", "retain"), evenIfLive: flag }),
    },
    // What is wrong with a file is found by reading it as the columns say.
    reportedOn: {
      columns: ["file"],
      file: ["items"],
      folder: ["items"],
      shards: ["group"],
      network: ["sandboxId"],
    },
  },
  "edgeworkers:EdgeWorker": {
    bases: [
      {
        name: "greeter",
        groupId: 72297,
        resourceTierId: 200,
        description: "Says hello",
        deleteVersions: false,
        adopt: false,
      },
      { name: "greeter", groupId: 72297, resourceTier: "Dynamic Compute", contractId: "1-3CV382" },
    ],
    alternatives: ["resourceTierId", "resourceTier", "contractId"],
    rules: {
      name: filled,
      groupId: whole(1),
      resourceTierId: oneOf(100, 200),
      resourceTier: (value) =>
        isText(value) && ["dynamic compute", "basic compute"].includes(String(value).toLowerCase()),
      contractId: contract("ctr_", ""),
      // "description max 128", of which the ownership marker takes some.
      description: (value) => isText(value) && String(value).length <= 128,
      deleteVersions: flag,
      adopt: flag,
    },
    reportedOn: { resourceTier: ["resourceTierId"] },
  },
  "edgeworkers:Version": {
    bases: [
      {
        edgeWorkerId: 54_321,
        bundle: { ...code, ...library },
        exclude: ["tests", "*.md"],
        tokens: ["reader"],
        version: "2.0",
        keepVersions: 2,
        adopt: false,
      },
    ],
    rules: {
      edgeWorkerId,
      bundle: (value) => isText(value) || isMap(value),
      exclude: list(pattern),
      tokens: (value) => list(tokenName)(value) && distinct(value),
      version: versionName,
      keepVersions: whole(0, 100),
      adopt: flag,
    },
    // The code needs its tokens: without them it is the code that is wrong.
    reportedOn: { exclude: ["bundle"], tokens: ["bundle"] },
  },
  "edgeworkers:Activation": {
    bases: [
      {
        edgeWorkerId: 54_321,
        network: "staging",
        version: "1.0",
        note: "first",
        autoPin: true,
        timeoutSeconds: 600,
        deletion: { mode: "retain" },
        after: probed,
      },
    ],
    rules: {
      edgeWorkerId,
      network,
      version: versionName,
      note: (value) => filled(value) && String(value).length <= 128,
      autoPin: flag,
      timeoutSeconds: whole(60, 86_400),
      deletion: shape({ mode: oneOf("deactivate", "retain") }, ["mode"]),
      after,
    },
    reportedOn: { edgeWorkerId: ["version"] },
  },
  "property:EdgeWorkerRules": {
    bases: [
      {
        propertyId: "prp_173136",
        contractId: "ctr_1-3CV382",
        groupId: "grp_72297",
        baseVersion: 3,
        reuseDraft: false,
        allowLatestRuleFormat: false,
        note: "Greeter",
        rules: [
          {
            name: "Greeter",
            parent: ["Sites", "Shop"],
            position: { before: "Checkout" },
            comments: "Says hello",
            paths: ["/hello"],
            hostnames: ["www.example.com"],
            criteria: [{ name: "requestMethod", options: { matchOperator: "IS", value: "GET" } }],
            edgeWorker: { edgeWorkerId: 54_321, enabled: true },
            failover: {
              responseCodes: [500, "503"],
              failAction: { actionType: "REDIRECT", redirectCustomPath: true, redirectPath: "/x" },
            },
            behaviors: [{ name: "caching", options: { behavior: "NO_STORE" } }],
          },
          {
            name: "Raw",
            papi: {
              behaviors: [{ name: "caching", options: { behavior: "NO_STORE" } }],
              children: [{ name: "Below" }],
            },
          },
        ],
      },
      { propertyName: "www.example.com", rules: [] },
      { hostname: "www.example.com", rules: [] },
    ],
    alternatives: ["propertyId", "propertyName", "hostname"],
    rules: {
      propertyId,
      propertyName: filled,
      hostname: filled,
      contractId: contract("ctr_", ""),
      groupId,
      baseVersion: either(oneOf("latest", "staging", "production"), whole(1, 999_999_999)),
      reuseDraft: flag,
      allowLatestRuleFormat: flag,
      note: filled,
      rules: list(
        (rule) =>
          isMap(rule) &&
          filled(rule.name) &&
          (rule.behaviors === undefined || rule.behaviors === null || list(element)(rule.behaviors)),
      ),
    },
    // One of the names of a property is needed. One that is not found has no version, and no rules to look for.
    reportedOn: {
      propertyName: ["propertyId"],
      hostname: ["propertyId"],
      baseVersion: ["rules"],
      contractId: ["propertyId", "rules"],
      groupId: ["propertyId", "rules"],
    },
  },
  "property:Activation": {
    bases: [
      {
        propertyId: "prp_173136",
        contractId: "ctr_1-3CV382",
        groupId: 72297,
        network: "staging",
        version: 2,
        note: "first",
        notifyEmails: ["web@example.com"],
        acknowledgeWarnings: ["msg_1"],
        complianceRecord: {
          noncomplianceReason: "NONE",
          customerEmail: "a@example.com",
          peerReviewedBy: "b",
          unitTested: true,
          ticketId: "T-1",
        },
        fastPush: true,
        useFastFallback: true,
        timeoutSeconds: 600,
        deletion: { mode: "retain" },
        after: probed,
      },
    ],
    rules: {
      propertyId,
      contractId: contract("ctr_", ""),
      groupId,
      network,
      version: either(oneOf("latest"), whole(1, 999_999_999)),
      note: filled,
      notifyEmails: list(email, 1),
      acknowledgeWarnings: either(
        oneOf("all"),
        list((one) => filled(one) && String(one).startsWith("msg_"), 1),
      ),
      complianceRecord: (value) =>
        isMap(value) &&
        oneOf("NONE", "OTHER", "NO_PRODUCTION_TRAFFIC", "EMERGENCY")(value.noncomplianceReason),
      fastPush: flag,
      useFastFallback: flag,
      timeoutSeconds: whole(60, 86_400),
      deletion: shape({ mode: oneOf("deactivate", "retain") }, ["mode"]),
      after,
    },
    reportedOn: { contractId: ["propertyId", "version"], groupId: ["propertyId", "version"] },
  },
};

/** The fields of a resource that can't be left out of the declaration in which they are. */
export function requiredFields(token: string): string[] {
  return [...requiredBySchema(token), ...(fuzzInputs[token]?.alternatives ?? [])];
}

/** The fields on which a declaration without any field is refused. */
export function reportedWithoutFields(token: string): string[] {
  return [...requiredBySchema(token), ...(fuzzInputs[token]?.alternatives ?? []).slice(0, 1)];
}

function requiredBySchema(token: string): string[] {
  const shape = registry.get(token)?.args.shape ?? {};
  return Object.entries(shape).flatMap(([field, schema]) =>
    (schema as z.ZodType).safeParse(undefined).success ? [] : [field],
  );
}

/** Makes what the declarations need: a namespace on both networks, a token, an EdgeWorker with a version, and one of each resource. */
export async function makeAll(engine: TestEngine): Promise<ReadonlyMap<string, StoredResource>> {
  const made = new Map<string, StoredResource>();
  const make = async (token: string, name: string, args: Values) =>
    made.set(token, await engine.up(token, name, args));
  await make("edgekv:Database", "database", {});
  for (const on of ["production", "staging"])
    await make("edgekv:Namespace", `on-${on}`, {
      name: "catalog",
      network: on,
      groupId: 72297,
      retentionInSeconds: 86_400,
    });
  await make("edgekv:AccessToken", "reader", {
    name: "reader",
    allowOnStaging: true,
    namespacePermissions: { catalog: ["r"] },
  });
  await make("edgekv:Item", "home", { ...itemPlace, key: "home", value: "text" });
  await make("edgekv:ItemGroup", "group", {
    ...itemPlace,
    group: "others",
    items: { a: "text", b: { json: "1" } },
  });
  await make("edgeworkers:EdgeWorker", "ew", { groupId: 72297, resourceTierId: 200 });
  await make("edgeworkers:Version", "one", {
    edgeWorkerId: made.get("edgeworkers:EdgeWorker")?.state.edgeWorkerId,
    bundle: code,
  });
  await make("edgeworkers:Activation", "live", { edgeWorkerId: 54_321, network: "staging", version: "1.0" });
  await make("property:EdgeWorkerRules", "rules", {
    propertyName: "www.example.com",
    rules: [{ name: "Hello", paths: ["/hi"], edgeWorker: { edgeWorkerId: 54_321 } }],
  });
  await make("property:Activation", "site", {
    propertyId: "prp_173136",
    network: "staging",
    version: 2,
    notifyEmails: ["web@example.com"],
  });
  return made;
}
