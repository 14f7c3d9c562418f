/** `ignoreChanges` on each resource: the engine puts the last value of an input in the place of the program's, before check. */
import { check } from "../../../provider/framework/check";
import { diff } from "../../../provider/framework/diff";
import { inputFields } from "../../../provider/framework/resource";
import { registry } from "../../../provider/registry";
import { RunState } from "../../../provider/runtime/runState";
import { fuzzInputs, makeAll } from "../../resilience/fuzz/inputs";
import { enterWorkFolder, type WorkFolder } from "../../resilience/fuzz/workFolder";
import { TestEngine } from "../../support/testEngine";

type Values = Record<string, unknown>;

let workFolder: WorkFolder;
let engine: TestEngine;
beforeAll(async () => {
  workFolder = enterWorkFolder();
  engine = await TestEngine.start({
    settings: { papiRequestsPerMinute: 1_000_000, papiRequestBurst: 1_000_000, initialized: false },
  });
  await makeAll(engine);
  engine.later(60);
});
afterAll(async () => {
  await engine.close();
  workFolder.leave();
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
