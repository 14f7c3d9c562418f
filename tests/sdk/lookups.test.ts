import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { PreconditionError } from "../../provider/errors";
import { LookupError } from "../../sdk/lookupError";
import { outputOf } from "../../sdk/output";

const isKnown = (output: pulumi.Output<unknown>) =>
  (output as unknown as { isKnown: Promise<boolean> }).isKnown;
/** The failure of an output. Each part of it is a promise that rejects. */
function failed(output: pulumi.Output<unknown>): Promise<unknown> {
  const parts = output as unknown as {
    readonly isKnown: Promise<boolean>;
    readonly isSecret: Promise<boolean>;
    promise(): Promise<unknown>;
    allResources(): Promise<unknown>;
  };
  void Promise.allSettled([parts.isKnown, parts.isSecret, parts.allResources()]);
  return parts.promise();
}

class Made extends pulumi.CustomResource {
  declare readonly name: pulumi.Output<string>;
  constructor(name: string) {
    super("test:index:Made", name, { name });
  }
}

/** A lookup of a namespace that is not there. */
const get = async ({ name }: { readonly name: string }): Promise<string> => {
  throw new LookupError(`looking up ${name}: there is none`, new PreconditionError("there is none"));
};

describe.each([
  ["a preview", true],
  ["an up", false],
])("in %s", (_what, preview) => {
  beforeAll(() =>
    pulumi.runtime.setMocks(
      { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: ({ inputs }) => inputs },
      "shop",
      "dev",
      preview,
    ),
  );

  test("a lookup of what the same program is still to make is unknown at preview, and an error at `up`", async () => {
    const found = outputOf(get)({ name: new Made("catalog").name });
    if (preview) expect(await isKnown(found)).toBe(false);
    else await expect(failed(found)).rejects.toThrow("looking up catalog: there is none");
  });

  test("a lookup by what no resource makes is an error in both", async () => {
    await expect(failed(outputOf(get)({ name: "typo" }))).rejects.toThrow("looking up typo: there is none");
  });

  test("another error of a lookup is not hidden", async () => {
    const refused = outputOf(async (_args: { readonly name: string }): Promise<string> => {
      throw new Error("401");
    });
    await expect(failed(refused({ name: new Made("other").name }))).rejects.toThrow("401");
  });
});

test("what Pulumi prints of a failed lookup has its reason once, and nothing that is not escaped", () => {
  const reason = new PreconditionError("there are a, b\u001b[31m\n::error::c");
  const shown = inspect(new LookupError("looking up x: there are a, b\\u{1b}[31m", reason));
  expect(shown).toMatch(/^LookupError: looking up x: there are a, b/);
  expect(shown).not.toMatch(/\p{Cc}\[|::error|cause/u);
});
