import * as pulumi from "@pulumi/pulumi";
import { edgekv } from "../../sdk";

beforeAll(() =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({
        id: name,
        state: { name: `${name}-0123456789`, reference: `${name}-uuid`, ...inputs },
      }),
      call: ({ inputs }) => inputs,
    },
    "shop",
    "dev",
    false,
  ),
);

function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

test("the file of a token resource names it by its reference", async () => {
  const reader = new edgekv.AccessToken("reader", {
    allowOnStaging: true,
    namespacePermissions: { catalog: ["r"] },
  });
  expect(edgekv.readTokensFile(await known(edgekv.tokensFile([reader])))).toEqual({
    catalog: { name: "reader-0123456789", reference: "reader-uuid" },
  });
});

test("the file is a secret, even where nothing in it was one", async () => {
  const file = edgekv.tokensFile([{ name: "t", reference: "u", namespacePermissions: { catalog: ["r"] } }]);
  expect(await pulumi.isSecret(file)).toBe(true);
});

test("the file takes values from others at any place", async () => {
  const file = edgekv.tokensFile([
    {
      name: pulumi.output("t"),
      value: pulumi.secret("eyJ"),
      reference: pulumi.output(undefined),
      namespacePermissions: pulumi.output({ a: ["r"] }),
    },
    { name: Promise.resolve("s"), reference: "u", namespacePermissions: { b: ["r"], c: ["w"] } },
  ]);
  expect(edgekv.readTokensFile(await known(file))).toEqual({
    a: { name: "t", value: "eyJ" },
    b: { name: "s", reference: "u" },
    c: { name: "s", reference: "u" },
  });
});

test("of a resource whose mock has no reference, the file is unknown and no error", async () => {
  const unmade = new edgekv.AccessToken("unmade", {
    allowOnStaging: true,
    namespacePermissions: { catalog: ["r"] },
  });
  // As mocks that return the inputs alone leave it.
  Object.assign(unmade, { name: pulumi.output(undefined), reference: pulumi.output(undefined) });
  const file = edgekv.tokensFile([unmade]);
  expect(await (file as unknown as { isKnown: Promise<boolean> }).isKnown).toBe(false);
  expect(() => pulumi.output(file)).not.toThrow();
});
