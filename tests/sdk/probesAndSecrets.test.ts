import * as pulumi from "@pulumi/pulumi";
import * as edgekv from "../../sdk/edgekv";
import * as edgeworkers from "../../sdk/edgeworkers";
import * as property from "../../sdk/property";

const inputsBy = new Map<string, Record<string, unknown>>();
const warnings: string[] = [];

beforeAll(() => {
  jest.spyOn(pulumi.log, "warn").mockImplementation(async (text) => void warnings.push(text));
  return pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => {
        inputsBy.set(name, inputs);
        return { id: `54321/${String(inputs.network)}`, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    "shop",
    "dev",
    false,
  );
});

const urnOf = (resource: pulumi.Resource) => new Promise((done) => resource.urn.apply(done));

test("an activation in `after` stands for its id and its version, for both kinds of activation", async () => {
  const probe = { url: "https://www.example.com/", expect: { status: 200 } };
  const staging = new edgeworkers.Activation("staging", {
    edgeWorkerId: 54_321,
    network: "staging",
    version: "1.0",
  });
  await urnOf(
    new edgeworkers.Activation("production", {
      edgeWorkerId: 54_321,
      network: "production",
      version: "1.0",
      after: { activation: staging, probe },
    }),
  );
  await urnOf(
    new property.Activation("site", {
      propertyId: "prp_1",
      network: "production",
      version: 4,
      notifyEmails: ["a@example.com"],
      after: { activation: "prp_1/staging", probe },
    }),
  );
  expect(inputsBy.get("production")?.after).toEqual({ activation: "54321/staging/1.0", probe });
  expect(inputsBy.get("site")?.after).toEqual({ activation: "prp_1/staging", probe });
});

test("a secret as an item's value gives a warning; anything else gives none", async () => {
  const place = { network: "staging" as const, namespace: "words", group: "g" };
  await urnOf(new edgekv.Item("plain", { ...place, key: "a", value: pulumi.output("text") }));
  await urnOf(new edgekv.Item("secret", { ...place, key: "b", value: pulumi.secret("text") }));
  await urnOf(new edgekv.Item("deep", { ...place, key: "c", json: { a: [pulumi.secret("text")] } }));
  await urnOf(new edgekv.ItemGroup("group", { ...place, items: { a: "text", b: pulumi.secret("text") } }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const of = (what: string) =>
    `${what} has a secret as its value. The item holds it in clear text, for everyone who may read the namespace. Keep secrets out of EdgeKV.`;
  expect(warnings.sort()).toEqual([
    of('edgekv.Item "deep"'),
    of('edgekv.Item "secret"'),
    of('edgekv.ItemGroup "group"'),
  ]);
});
