import { adapt } from "../../../provider/dynamic";
import { hasUnknown, unknownValue } from "../../../provider/framework/unknown";
import { registry } from "../../../provider/registry";
import { RunState } from "../../../provider/runtime/runState";
import { type FilledAccount, startFilledAccount } from "../../resilience/fuzz/filledAccount";
import { fuzzInputs, reportedWithoutFields } from "../../resilience/fuzz/inputs";
import { marshalled } from "../../support/marshal";
import type { TestEngine } from "../../support/testEngine";

type Values = Readonly<Record<string, unknown>>;

let account: FilledAccount;
let engine: TestEngine;
beforeAll(async () => {
  account = await startFilledAccount();
  engine = account.engine;
});
afterAll(async () => {
  await account.close();
});

/** What a new run answers to a declaration, as the engine receives it. */
async function checked(token: string, args: Values) {
  const resource = registry.get(token);
  if (resource === undefined) throw new Error(`no resource ${token}`);
  const { check } = adapt(
    resource,
    Promise.resolve({ ...engine.context, runState: new RunState() }),
    () => undefined,
  );
  const { inputs, failures } = await check({}, { ...args, owner: "project/stack/x", __provider: "text" });
  return { inputs: marshalled(inputs), failures };
}

interface Variant {
  readonly where: string;
  readonly value: unknown;
}

/** The value with each of its members and elements, at any depth, left out, unset, or of a type that no field has. */
function* variants(value: unknown): Generator<Variant> {
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const put = (one: unknown) =>
      Array.isArray(value) ? value.with(Number(name), one) : { ...value, [name]: one };
    for (const unset of [undefined, null]) yield { where: `${name} = ${unset}`, value: put(unset) };
    yield { where: `${name} of a wrong type`, value: put({ "no such member": true }) };
    for (const { where, value: inner } of variants(member))
      yield { where: `${name}.${where}`, value: put(inner) };
  }
}

test("each resource is here", () => {
  expect(Object.keys(fuzzInputs)).toEqual([...registry.keys()]);
});

describe.each([...registry.keys()])("%s", (token) => {
  const fields = Object.keys(registry.get(token)?.args.shape ?? {});
  const allUnset = (value: unknown) => Object.fromEntries(fields.map((field) => [field, value]));

  test.each<[string, Values]>([
    ["nothing at all", {}],
    ["only fields without a value", allUnset(undefined)],
    ["only nulls, as unset secrets arrive", allUnset(null)],
  ])("reports what is required when the program sets %s", async (_what, args) => {
    const { inputs, failures } = await checked(token, args);
    expect(failures.map(({ property }) => property)).toEqual(reportedWithoutFields(token));
    expect(failures.filter(({ reason }) => /undefined|null/.test(reason))).toEqual([]);
    expect(hasUnknown(inputs)).toBe(false);
  });

  test("can be refused during an update, wherever a value is missing or wrong: nothing that the engine could not take goes back", async () => {
    const wrong: string[] = [];
    let refused = 0;
    for (const base of fuzzInputs[token]?.bases ?? []) {
      for (const { where, value } of variants(base)) {
        const { inputs, failures } = await checked(token, value as Values).catch((error: Error) => {
          throw new Error(`${where}: ${error.message}`);
        });
        if (failures.length > 0) refused += 1;
        if (hasUnknown(inputs)) wrong.push(`${where}: ${JSON.stringify(inputs)}`);
        wrong.push(
          ...failures
            .filter(({ reason }) => /undefined|received null/.test(reason))
            .map(({ reason }) => `${where}: ${reason}`),
        );
      }
    }
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(1);
  });

  test("can be refused while values are not known yet", async () => {
    for (const field of fields) {
      const base = fuzzInputs[token]?.bases.find((one) => Object.hasOwn(one, field)) ?? {};
      const { inputs, failures } = await checked(token, {
        ...base,
        [field]: unknownValue,
        "no such property": 1,
      });
      expect([field, failures.map(({ property }) => property)]).toEqual([
        field,
        expect.arrayContaining(["no such property"]),
      ]);
      // What the program set goes back as it came.
      expect([field, inputs[field]]).toEqual([field, unknownValue]);
    }
  });
});
