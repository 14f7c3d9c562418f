/** The contracts of the lookups: what they take, what they refuse, and that their results are what the service gives. */
import { z } from "zod";
import { checkArgs, lookUp } from "../../../provider/framework/lookup";
import {
  hasPlaceholder,
  placeholder,
  placeholderFor,
  placeholdersAsUnknown,
} from "../../../provider/framework/placeholder";
import { unknownValue } from "../../../provider/framework/unknown";
import { lookups } from "../../../provider/functions/registry";
import * as sdk from "../../../sdk";
import { TestEngine } from "../../support/testEngine";

const lookup = (token: string) => {
  const found = lookups.get(token);
  if (found === undefined) throw new Error(`there is no ${token}`);
  return found;
};

test("every lookup is a function of the package, and every function of it that reads the account is a lookup", () => {
  const ofSdk = Object.entries({ edgekv: sdk.edgekv, edgeworkers: sdk.edgeworkers, property: sdk.property })
    .flatMap(([product, members]) => Object.keys(members).map((name) => `${product}:${name}`))
    .filter((name) => /:(?:get|find)\w+$/.test(name) && !name.endsWith("Output"));
  expect([...lookups.keys()].sort()).toEqual(ofSdk.sort());
});

test.each<[token: string, args: Record<string, unknown>, failures: [property: string, reason: string][]]>([
  ["edgekv:getNamespace", { network: "staging", name: "catalog" }, []],
  [
    "edgekv:getNamespace",
    { network: "stagin", name: "catalog" },
    [["network", 'network must be `staging` or `production`, and is "stagin"']],
  ],
  ["edgekv:getNamespace", { network: "staging" }, [["name", "name is required: must be text"]]],
  [
    "edgekv:getNamespace",
    { network: "staging", name: "a", nam: "b" },
    [["nam", "there is no property of this name; did you mean `name`? There are network, name"]],
  ],
  ["edgekv:getAccessTokens", { includeExpired: null }, []],
  ["edgekv:getDatabase", {}, []],
  ["edgekv:getDatabase", { network: "staging" }, [["network", "there is no property of this name"]]],
  ["edgeworkers:getEdgeWorker", { edgeWorkerId: 1 }, []],
  ["edgeworkers:getEdgeWorker", { name: "greeter", groupId: 5 }, []],
  ["edgeworkers:getEdgeWorker", { groupId: 5 }, [["edgeWorkerId", "set `edgeWorkerId`, or `name`"]]],
  ["property:getProperty", {}, [["propertyId", "set `propertyId`, or `propertyName`, or `hostname`"]]],
  ["property:getRules", { propertyId: "prp_1", version: 3 }, []],
  [
    "property:getRules",
    { propertyId: "prp_1", version: "newest" },
    [["version", 'version must be a number, `latest`, `staging` or `production`, and is "newest"']],
  ],
])("%s of %j", (token, args, failures) => {
  expect(checkArgs(lookup(token), args).failures.map(({ property, reason }) => [property, reason])).toEqual(
    failures,
  );
});

test("of several choices the first counts that is set, and what is not set is left out", () => {
  const args = { edgeWorkerId: undefined, name: "greeter", groupId: null };
  expect(checkArgs(lookup("edgeworkers:getEdgeWorker"), args).args).toEqual({ name: "greeter" });
  const both = { edgeWorkerId: 5, name: "greeter" };
  expect(checkArgs(lookup("edgeworkers:getEdgeWorker"), both).args).toEqual({ edgeWorkerId: 5 });
});

test("what the service gives is of the form that each contract says", async () => {
  const engine = await TestEngine.start({ lag: "none" });
  try {
    const send = (path: string, json: object) => engine.somebody().send({ method: "POST", path, json });
    await send("/edgekv/v1/networks/staging/namespaces", {
      namespace: "catalog",
      groupId: 72297,
      retentionInSeconds: 0,
    });
    await send("/edgekv/v1/tokens", {
      name: "reader",
      allowOnStaging: true,
      allowOnProduction: false,
      namespacePermissions: { catalog: ["r"] },
      restrictToEdgeWorkerIds: ["all"],
    });
    await send("/edgeworkers/v1/ids", { name: "greeter", groupId: 72297, resourceTierId: 100 });
    const [found] = (await lookup("property:getGroups").find(engine.context, {} as never)) as unknown[];
    expect(found).toBeDefined();
    const ask: Record<string, object> = {
      "edgekv:getDatabase": {},
      "edgekv:getNamespaces": { network: "staging" },
      "edgekv:getNamespace": { network: "staging", name: "catalog" },
      "edgekv:getAccessTokens": {},
      "edgekv:getAccessToken": { name: "reader" },
      "edgekv:getAccessGroups": {},
      "edgekv:getItemGroups": { network: "staging", namespace: "catalog" },
      "edgekv:getItemKeys": { network: "staging", namespace: "catalog", group: "g" },
      "edgeworkers:getGroups": {},
      "edgeworkers:getContracts": {},
      "edgeworkers:getResourceTiers": { contractId: "1-3CV382" },
      "edgeworkers:getEdgeWorkers": {},
      "edgeworkers:getEdgeWorker": { name: "greeter" },
      "edgeworkers:getLimits": {},
      "property:getContracts": {},
      "property:getGroups": {},
      "property:getProperty": { propertyId: "prp_173136" },
      "property:findProperties": { hostname: "www.example.com" },
      "property:getVersions": { propertyId: "prp_173136" },
      "property:getRules": { propertyId: "prp_173136" },
      "property:getActivations": { propertyId: "prp_173136", network: "staging" },
    };
    for (const [token, args] of Object.entries(ask)) {
      const one = lookup(token);
      expect([token, checkArgs(one, args as never).failures]).toEqual([token, []]);
      const result = await lookUp(engine.context, one, args as never);
      expect([token, strictly(one.result).safeParse(result).error?.issues ?? []]).toEqual([token, []]);
    }
  } finally {
    await engine.close();
  }
});

/** The schema without members that it does not name. */
function strictly(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodArray) return z.array(strictly(schema.element as z.ZodType));
  return schema instanceof z.ZodObject ? schema.strict() : schema;
}

test("what stands for a result that is not known yet has its form, and no secret; in inputs it is unknown", () => {
  expect(placeholderFor(lookup("edgekv:getNamespace").result)).toMatchObject({
    name: placeholder,
    groupId: placeholder,
    policy: { restrictDataAccess: placeholder },
  });
  expect(placeholderFor(lookup("edgekv:getAccessToken").result)).not.toHaveProperty("value");
  expect(placeholderFor(lookup("edgekv:getNamespaces").result)).toMatchObject([{ name: placeholder }]);
  const inputs = { a: [`x-${placeholder}`], b: { c: 1 }, d: "e" };
  expect(hasPlaceholder(inputs)).toBe(true);
  expect(placeholdersAsUnknown(inputs)).toEqual({ a: [unknownValue], b: { c: 1 }, d: "e" });
});
