/** `ignoreChanges` on each resource: the engine puts the last value of an input in the place of the program's, before check. */
import { check } from "../../../provider/framework/check";
import { diff } from "../../../provider/framework/diff";
import { inputFields } from "../../../provider/framework/resource";
import { registry } from "../../../provider/registry";
import { RunState } from "../../../provider/runtime/runState";
import { type FilledAccount, startFilledAccount } from "../../resilience/fuzz/filledAccount";
import { fuzzInputs } from "../../resilience/fuzz/inputs";
import type { TestEngine } from "../../support/testEngine";

type Values = Record<string, unknown>;

let account: FilledAccount;
let engine: TestEngine;
beforeAll(async () => {
  account = await startFilledAccount();
  engine = account.engine;
  engine.later(60);
});
afterAll(async () => {
  await account.close();
});

const context = () => ({ ...engine.context, runState: new RunState() });
const owner = "project/stack/x";

/** Each valid declaration of each resource, with the inputs that its first `up` recorded. */
const declarations = [...registry].flatMap(([token, resource]) =>
  (fuzzInputs[token]?.bases ?? []).map((base, index) => ({ token, resource, base, index })),
);

test("each resource is here", () => {
  expect([...new Set(declarations.map(({ token }) => token))]).toEqual([...registry.keys()]);
});

test.each(declarations)(
  "$token, declaration $index: each input may be ignored, a computed one too, and all of them",
  async ({ resource, base }) => {
    const { inputs: last, failures } = await check(context(), resource, {}, { ...base, owner });
    expect(failures).toEqual([]);
    const fields = inputFields(resource).filter((field) => field !== "owner" && field in last);
    expect(fields.length).toBeGreaterThan(0);
    const news: (readonly [ignored: string, Values])[] = [
      ["*", last],
      ...fields.map((field) => [field, { ...base, owner, [field]: last[field] }] as const),
    ];
    for (const [ignored, declared] of news) {
      const checked = await check(context(), resource, last, declared);
      expect([ignored, checked]).toEqual([ignored, { inputs: last, failures: [] }]);
      const quiet = { ...resource, diff: { deleteBeforeReplace: () => false } };
      expect([ignored, (await diff(context(), quiet, last, checked.inputs)).changes]).toEqual([
        ignored,
        false,
      ]);
    }
  },
);
