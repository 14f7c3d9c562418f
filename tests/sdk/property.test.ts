import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Emulator, startEmulator } from "../../emulator";
import * as property from "../../sdk/property";
import { closure } from "../../sdk/resource";

const registered: {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}[] = [];
const folder = mkdtempSync(join(tmpdir(), "akamai-edge-property-"));
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ dir: folder, lag: "none" });
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs });
        return { id: `${name}-id`, state: { ...inputs, status: "ACTIVE" } };
      },
      call: ({ inputs }) => inputs,
    },
    "shop",
    "dev",
    false,
  );
  const settings = { ...emulator.credentials(), caFile: join(folder, "ca.pem") };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(settings).map(([key, value]) => [`akamai-edge:${key}`, value])),
  );
});
afterAll(async () => {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
});

const known = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((done) => output.apply(done));

test("an activation, under its token, with what others give to it", async () => {
  const live = new property.Activation("live", {
    propertyId: pulumi.output("prp_173136"),
    network: "production",
    version: pulumi.output(3),
    notifyEmails: [pulumi.output("web-team@example.com")],
    acknowledgeWarnings: "all",
    complianceRecord: { noncomplianceReason: "EMERGENCY", ticketId: pulumi.output("OPS-1") },
  });
  expect(await known(live.status)).toBe("ACTIVE");
  expect(registered).toEqual([
    {
      type: "pulumi-nodejs:dynamic/property:Activation",
      name: "live",
      inputs: {
        propertyId: "prp_173136",
        network: "production",
        version: 3,
        notifyEmails: ["web-team@example.com"],
        acknowledgeWarnings: "all",
        complianceRecord: { noncomplianceReason: "EMERGENCY", ticketId: "OPS-1" },
        owner: "shop/dev/live",
        __provider: closure("property:Activation"),
      },
    },
  ]);
});

test("each lookup has a form for outputs, which finds the same", async () => {
  const propertyId = "prp_173136";
  const from = { propertyId: pulumi.output(propertyId) };
  const pairs: Record<string, [Promise<unknown>, pulumi.Output<unknown>]> = {
    findProperties: [
      property.findProperties({ hostname: "shop.example.com" }),
      property.findPropertiesOutput({ hostname: pulumi.output("shop.example.com") }),
    ],
    getActivations: [
      property.getActivations({ propertyId, network: "staging" }),
      property.getActivationsOutput({ ...from, network: pulumi.output("staging" as const) }),
    ],
    getContracts: [property.getContracts(), property.getContractsOutput()],
    getGroups: [property.getGroups(), property.getGroupsOutput()],
    getProperty: [
      property.getProperty({ propertyName: "www.example.com" }),
      property.getPropertyOutput({ ...from, groupId: 72297 }),
    ],
    getRules: [
      property.getRules({ propertyId, version: "production" }),
      property.getRulesOutput({ ...from, version: pulumi.output(2) }),
    ],
    getVersions: [property.getVersions({ propertyId }), property.getVersionsOutput(from)],
  };
  const functions = Object.keys(property).filter((name) => /^(get|find)/.test(name));
  expect(functions.sort()).toEqual(Object.keys(pairs).flatMap((name) => [name, `${name}Output`]));
  for (const [plain, output] of Object.values(pairs)) {
    expect(await known(output)).toEqual(await plain);
  }
});

test.each([
  ["prp_5", () => property.getProperty({ propertyId: "prp_5" })],
  ["with the hostname nowhere", () => property.getProperty({ hostname: "nowhere" })],
  ["nobody", () => property.getProperty({ propertyName: "nobody" })],
])("what was looked up is named by the error: %s", async (which, look) => {
  await expect(look()).rejects.toThrow(`looking up the property ${which}: there is no property`);
});
