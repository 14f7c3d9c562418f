import * as pulumi from "@pulumi/pulumi";
import { edgekv, edgeworkers, property } from "../../sdk";
import { EngineTest, succeeded } from "../support/engine";
import { firstOrAll, fullTest } from "../support/extent";
import { refusal } from "../support/refusal";

type Make = new (name: string, args: never) => pulumi.CustomResource;
/** What a program without types says; `late` makes a value that is not known before the database is there. */
type Args = (late: <T>(value: T) => pulumi.Output<T>) => Record<string, unknown>;
type Reasons = Readonly<Record<string, string>>;

let engine: EngineTest;
beforeAll(async () => {
  engine = await EngineTest.start();
});
afterAll(() => engine.close());

/** What the engine tells of each property when `up` is refused, without a preview before it: the Automation API skips that. */
async function refused(program: () => Promise<void>): Promise<Reasons> {
  const { error, messages } = await engine.up(program);
  expect(error).toBeDefined();
  return Object.fromEntries(
    messages.map((message) => {
      const [, name = "", reason = ""] =
        /: property (.+?) value \{.*\} has a problem: (.*)$/s.exec(message) ?? [];
      // Anything else is no reason: the engine could not read what it was given.
      return name === "" ? [message, ""] : [name, reason];
    }),
  );
}

/** What the engine prints: the sentences that begin with the path, on the input. */
function sentences(reasons: Reasons): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(reasons).map(([property, rule]) => {
      const expected = refusal(property.replace(" (not shown)", ""), rule);
      return [property.includes(" (") ? property : expected.property, expected.reason];
    }),
  );
}

const place = { network: "staging", namespace: "catalog", group: "countries" };
const required = {
  network: "is required: must be `staging` or `production`",
  groupId: "is required: must be a whole number: the id of an access group",
  edgeWorkerId: "is required: must be the id of an EdgeWorker, a whole number from 1, or its name",
  bundle: "is required: must be a path, a Pulumi archive, or a map of files",
};
const namespaceRequires = {
  network: required.network,
  groupId: `${required.groupId}, or 0 for all groups`,
  retentionInSeconds: "is required: must be a whole number of seconds",
};

/** The first one has a property whose value is shown, and one whose value is not. */
const missing: readonly [string, Make, Record<string, unknown>, Reasons][] = [
  [
    "Version",
    edgeworkers.Version,
    {},
    { edgeWorkerId: required.edgeWorkerId, "bundle (not shown)": required.bundle },
  ],
  [
    "Database",
    edgekv.Database,
    { dataAccessPolicy: { restrictDataAccess: true } },
    { "dataAccessPolicy.allowNamespacePolicyOverride": "is required: must be true or false" },
  ],
  ["Namespace", edgekv.Namespace, {}, namespaceRequires],
  ["AccessToken", edgekv.AccessToken, { allowOnStaging: true }, { namespacePermissions: "is required" }],
  ["Item", edgekv.Item, { ...place, value: "x" }, { key: "is required" }],
  [
    "ItemGroup",
    edgekv.ItemGroup,
    { ...place, network: undefined, group: null, items: {} },
    { network: required.network, group: "is required" },
  ],
  ["EdgeWorker", edgeworkers.EdgeWorker, { resourceTierId: 200 }, { groupId: required.groupId }],
  [
    "Activation of an EdgeWorker",
    edgeworkers.Activation,
    { edgeWorkerId: 4242, network: "staging" },
    { version: "is required" },
  ],
  [
    "EdgeWorkerRules",
    property.EdgeWorkerRules,
    { propertyName: "www.example.com", rules: [{ edgeWorker: { edgeWorkerId: 4242 } }] },
    { "rules.0.name": "is required: must be text" },
  ],
  [
    "Activation of a property",
    property.Activation,
    { propertyId: "prp_173136", notifyEmails: [null] },
    {
      network: required.network,
      version: "is required: must be the number of a version",
      "notifyEmails.0": "is required: must be an email address",
    },
  ],
];

test.each(firstOrAll(missing))(
  "a required input that is missing is named: %s",
  async (_what, make, args, reasons) => {
    expect(await refused(async () => void new make("sample", args as never))).toEqual(sentences(reasons));
    expect(engine.changes()).toEqual([]);
  },
);

fullTest("no arguments at all, and config values that are not set, are missing inputs", async () => {
  expect(
    await refused(async () => void new (edgeworkers.Version as Make)("sample", undefined as never)),
  ).toEqual(sentences({ edgeWorkerId: required.edgeWorkerId, "bundle (not shown)": required.bundle }));
  const unset = async () => {
    const config = new pulumi.Config("shop");
    new (edgekv.Namespace as Make)("sample", {
      network: config.get("network"),
      groupId: config.getSecretNumber("groupId"),
      retentionInSeconds: pulumi.secret(config.getNumber("retentionInSeconds")),
    } as never);
  };
  expect(await refused(unset)).toEqual(sentences(namespaceRequires));
});

describe("a value that is known only during the update", () => {
  const program = (make: Make, args: Args) => async () => {
    const { cpcode } = new edgekv.Database("edgekv", {});
    new make("sample", args((value) => cpcode.apply(() => value)) as never);
  };

  fullTest("passes the preview and is refused by `up`, with its reason", async () => {
    const token = program(edgekv.AccessToken, (late) => ({
      allowOnStaging: true,
      namespacePermissions: late({ catalog: ["x"] }),
    }));
    await succeeded(engine.preview(token));
    // The database has something to tell besides.
    expect(await refused(token)).toMatchObject({
      namespacePermissions: 'namespacePermissions.catalog[0] must be r, w or d, and is "x"',
    });
  });

  // Those that compute inputs from what is refused.
  const computing: readonly [string, Make, Args, Reasons][] = [
    [
      "ItemGroup",
      edgekv.ItemGroup,
      (late) => ({ ...place, group: late("a b"), items: { a: "x" } }),
      { group: "must be 1 to 128 letters, digits, _ or -" },
    ],
    [
      "EdgeWorker",
      edgeworkers.EdgeWorker,
      (late) => ({ groupId: 72_297, resourceTier: "Dynamic Compute", contractId: late("a b") }),
      { contractId: "must be the id of a contract, such as `1-3CV382`" },
    ],
    [
      "Version",
      edgeworkers.Version,
      (late) => ({ edgeWorkerId: 4242, bundle: late(1) }),
      { "bundle (not shown)": "must be a path, a Pulumi archive, or a map of files" },
    ],
    [
      "EdgeWorkerRules",
      property.EdgeWorkerRules,
      (late) => ({ propertyName: "www.example.com", rules: late([{ name: "Empty" }]) }),
      { "rules.0": "has no behavior: it needs `edgeWorker`, `behaviors` or `papi`" },
    ],
  ];
  test.each(firstOrAll(computing))("is refused with its reason: %s", async (_what, make, args, reasons) => {
    // The database may have something to tell besides.
    expect(await refused(program(make, args))).toMatchObject(sentences(reasons));
  });
});
