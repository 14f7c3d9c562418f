import { inspect } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { adapt, type DynamicProvider, handler } from "../../provider/dynamic";
import {
  ApiError,
  ConnectionError,
  PartialFailure,
  PreconditionError,
  WaitError,
} from "../../provider/errors";
import { replaces, secret, updates } from "../../provider/framework/resource";
import { registry } from "../../provider/registry";
import type { Context } from "../../provider/runtime/context";
import { marshalled } from "../support/marshal";
import { offline, type Parts, resourceOf } from "./framework/fakes";

type Values = Record<string, unknown>;
type Shown = Error & { id?: string; properties?: Values; reasons?: string[] };

const text = "exports.handler = …";
const base: Parts = {
  token: "sample",
  args: z.strictObject({
    name: replaces(z.string("must be text")),
    count: updates(z.int().optional()),
    deep: updates(z.json().optional()),
  }),
  computed: z.object({ stamp: updates(z.string().optional()) }),
  outputs: z.object({ note: z.string(), hidden: secret(z.string().optional()) }),
  displayName: ({ name }) => `sample ${String(name ?? "(name not known yet)")}`,
  computeInputs: () => ({}),
  validate: () => [],
  preflight: async () => [],
  deleteBeforeReplace: () => true,
  create: async (_context, inputs) => ({ id: "the-id", state: { ...inputs, note: "x" } }),
  read: async (_context, state) => state,
  update: async (_context, _old, news) => ({ ...news, note: "y" }),
  delete: async () => undefined,
};
const inputs = { name: "a", owner: "shop/dev/a", __provider: text };
const state = { ...inputs, note: "x" };

function provider(parts: Parts = {}, context: Context = offline()): DynamicProvider {
  return adapt(resourceOf({ ...base, ...parts }), Promise.resolve(context), () => undefined);
}
async function failure(acting: Promise<unknown>): Promise<Shown> {
  try {
    await acting;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("this was to fail");
}
/** Every value in it, at any depth. */
function* values(value: unknown): Generator<unknown> {
  yield value;
  if (typeof value === "object" && value !== null)
    for (const member of Object.values(value)) yield* values(member);
}

describe("a resource sees", () => {
  test("nothing of what Pulumi puts beside its values, and no null", async () => {
    const seen: unknown[] = [];
    const see = (...all: unknown[]) => {
      seen.push(...all);
    };
    const sample = provider({
      create: async (_context, one) => {
        see(one);
        return { id: "i", state: one };
      },
      read: async (_context, one) => {
        see(one);
        return one;
      },
      update: async (_context, old, news) => {
        see(old, news);
        return news;
      },
      delete: async (_context, one) => see(one),
      requiresReplacement: (_field, old, news) => {
        see(old, news);
        return true;
      },
    });
    const given = { ...inputs, count: null, __other: 1 };
    await sample.create(given);
    await sample.read("i", given);
    await sample.update("i", given, given);
    await sample.delete("i", given);
    await sample.diff("i", given, { ...given, name: "b" });
    const clean = { name: "a", owner: "shop/dev/a" };
    expect(seen).toEqual([clean, clean, clean, clean, clean, clean, { ...clean, name: "b" }]);
  });
});

describe("what goes back to the engine", () => {
  test("of a check are inputs and failures", async () => {
    expect(await provider().check({}, inputs)).toEqual({
      inputs: { name: "a", owner: "shop/dev/a" },
      failures: [],
    });
    expect((await provider().check({}, { owner: "shop/dev/a" })).failures).toEqual([
      { property: "name", reason: "name is required: must be text" },
    ]);
  });

  test("of a check can be transported, also when a required field is missing", async () => {
    const sample = provider({
      computeInputs: () => ({ stamp: undefined, deep: { a: undefined, b: [undefined] } }),
    });
    for (const news of [
      inputs,
      { ...inputs, name: undefined },
      { ...inputs, name: null },
      { __provider: text },
    ]) {
      const checked = await sample.check({}, news);
      expect(marshalled({ ...checked.inputs, __provider: news.__provider })).toEqual({
        ...checked.inputs,
        __provider: text,
      });
    }
  });

  test("of a create and an update holds no undefined, at no depth", async () => {
    const odd = {
      ...state,
      count: undefined,
      deep: { a: undefined, b: [undefined, { c: undefined }] },
      hidden: undefined,
    };
    const sample = provider({
      create: async () => ({ id: "i", state: odd }),
      update: async () => odd,
      read: async () => odd,
    });
    const { outs } = await sample.create(inputs);
    const updated = await sample.update("i", state, inputs);
    const read = await sample.read("i", state);
    for (const one of [outs, updated.outs, read.props, read.inputs]) {
      expect([...values(one)]).not.toContain(undefined);
      expect(marshalled(one ?? {})).toEqual(one);
    }
    expect(outs.deep).toEqual({ b: [null, {}] });
  });

  test("of a read are the state, and the inputs alone beside it, so that drift shows", async () => {
    const sample = provider({
      read: async (_context, one) => ({ ...one, count: 7, stamp: "s", note: "now", hidden: "h" }),
    });
    expect(await sample.read("the-id", state)).toEqual({
      id: "the-id",
      props: { name: "a", owner: "shop/dev/a", count: 7, stamp: "s", note: "now", hidden: "h" },
      inputs: { name: "a", owner: "shop/dev/a", count: 7, stamp: "s" },
    });
  });

  test("of a read of what is gone is nothing at all", async () => {
    expect(await provider({ read: async () => undefined }).read("the-id", state)).toEqual({});
  });

  test("of a diff is what is to be done", async () => {
    expect(await provider().diff("i", state, { ...inputs, name: "b" })).toEqual({
      changes: true,
      replaces: ["name"],
      deleteBeforeReplace: true,
    });
    expect(await provider().diff("i", state, inputs)).toEqual({
      changes: false,
      replaces: [],
      deleteBeforeReplace: false,
    });
  });
});

describe("a failure", () => {
  const acts: [doing: string, act: (sample: DynamicProvider) => Promise<unknown>][] = [
    ["creating", (sample) => sample.create(inputs)],
    ["reading", (sample) => sample.read("i", state)],
    ["updating", (sample) => sample.update("i", state, inputs)],
    ["deleting", (sample) => sample.delete("i", state)],
    ["checking", (sample) => sample.check({}, inputs)],
    ["comparing", (sample) => sample.diff("i", state, inputs)],
  ];
  const failing = (error: unknown): Parts => {
    const fail = async () => {
      throw error;
    };
    return { create: fail, read: fail, update: fail, delete: fail, computeInputs: fail, hasDrift: fail };
  };

  test.each(acts)(
    "while %s says so, and of which resource, with the next step and without a stack",
    async (doing, act) => {
      const refused = new ApiError(
        { method: "POST", path: "/edgekv/v1/tokens" },
        401,
        undefined,
        "Denied",
        "7d42",
        false,
      );
      const error = await failure(act(provider(failing(refused))));
      expect(error.message).toBe(
        `${doing} sample a: POST /edgekv/v1/tokens was answered with 401: Denied (request 7d42)\n  The credentials were not accepted: they are wrong, inactive or for another host, or this machine's clock is off by more than 30 seconds.`,
      );
      // What Pulumi prints for the whole run beside the message: one line.
      expect(`${error}: ${error.stack}`).toMatch(/^failed: \w+ \S.*$/);
      expect([error.id, error.properties, error.reasons]).toEqual([undefined, undefined, undefined]);
      expect(`${error.message}${inspect(error)}`).not.toMatch(/\n\s+at /);
    },
  );

  test.each(acts)("while %s that is no error at all is one then", async (doing, act) => {
    expect((await failure(act(provider(failing("plain text"))))).message).toBe(
      `${doing} sample a: plain text`,
    );
  });

  test.each(acts)(
    "while %s because there are no credentials says so, with the resource's name",
    async (doing, act) => {
      const opening = Promise.reject(new Error("No Akamai credentials found."));
      opening.catch(() => undefined);
      const error = await failure(act(adapt(resourceOf(base), opening, () => undefined)));
      expect(error.message).toBe(`${doing} sample a: No Akamai credentials found.`);
    },
  );
});

describe("a failure after something was made", () => {
  const cause = new WaitError("waited 20 min for it; it is still PENDING. Run again.");
  const partial = new PartialFailure(
    "the-id",
    { ...state, __provider: undefined, count: undefined, deep: { a: undefined } },
    cause,
  );
  const fail = async () => {
    throw partial;
  };

  test.each<[string, (sample: DynamicProvider) => Promise<unknown>, string]>([
    ["of a create", (sample) => sample.create(inputs), text],
    [
      "of an update",
      (sample) => sample.update("the-id", { ...state, __provider: "older text" }, inputs),
      text,
    ],
  ])(
    "%s leaves its state with the engine, so that it can be read and deleted later",
    async (_what, act, expected) => {
      const error = await failure(act(provider({ create: fail, update: fail })));
      expect(error.id).toBe("the-id");
      expect(error.properties).toEqual({
        name: "a",
        owner: "shop/dev/a",
        note: "x",
        deep: {},
        __provider: expected,
      });
      expect([...values(error.properties)]).not.toContain(undefined);
      expect(marshalled(error.properties ?? {})).toEqual(error.properties);
      expect(error.reasons).toEqual([error.message]);
      expect(error.message).toMatch(
        /^(creating|updating) sample a: waited 20 min for it; it is still PENDING\. Run again\.$/,
      );
      // What Pulumi prints for the whole run beside the message: one line.
      expect(`${error}: ${error.stack}`).toMatch(/^failed: \w+ \S.*$/);
    },
  );

  test("says the next step of its cause", async () => {
    const lost = new ConnectionError({ method: "GET", path: "/x" }, "ENOTFOUND", "no such host", false);
    const error = await failure(
      provider({
        create: async () => {
          throw new PartialFailure("i", {}, lost);
        },
      }).create(inputs),
    );
    expect(error.message).toMatch(/no such host.*\n {2}The host name could not be resolved/);
  });

  test("is no part of what the engine keeps of a refusal", async () => {
    const refuse = async () => {
      throw new PreconditionError("it is taken");
    };
    expect("properties" in (await failure(provider({ create: refuse }).create(inputs)))).toBe(false);
  });
});

describe("the handler of a token", () => {
  test.each([...registry.keys()])("is there for %s, with all that the engine calls", (token) => {
    const found = handler(token);
    const methods: (keyof DynamicProvider)[] = [
      "configure",
      "check",
      "diff",
      "create",
      "read",
      "update",
      "delete",
    ];
    expect(methods.map((method) => typeof found[method])).toEqual(methods.map(() => "function"));
    const asPulumi: pulumi.dynamic.ResourceProvider = found as never;
    expect(asPulumi).toBe(found);
  });

  test.each(["edgekv:Nothing", "", "constructor", "__proto__"])(
    "that there is none of says which version would have it: %j",
    (token) => {
      expect(() => handler(token)).toThrow(
        /has no resource .*another version of the package\. Install that version or a newer one/,
      );
    },
  );

  test("opens the account once for all resources of a process, and not before it is asked to", async () => {
    await jest.isolateModulesAsync(async () => {
      const fresh = jest.requireActual<{ handler: typeof handler }>("../../provider/dynamic");
      const asked: string[] = [];
      const config = {
        get: (key: string) => {
          asked.push(key);
          const known: Record<string, string> = {
            "akamai-edge:host": "127.0.0.1:1",
            "akamai-edge:clientToken": "a",
            "akamai-edge:accessToken": "b",
            "akamai-edge:clientSecret": "c",
            "akamai-edge:previewReads": "false",
          };
          return known[key];
        },
      };
      const [token, namespace] = [fresh.handler("edgekv:AccessToken"), fresh.handler("edgekv:Namespace")];
      expect(asked).toEqual([]);
      await token.configure({ config });
      const times = asked.length;
      expect(times).toBeGreaterThan(0);
      expect(asked.every((key) => key.startsWith("akamai-edge:"))).toBe(true);
      await namespace.configure({ config });
      await token.configure({ config });
      expect(asked.length).toBe(times);
      const { failures } = await namespace.check(
        {},
        { network: "staging", groupId: 0, retentionInSeconds: 0, owner: "p/s/catalog" },
      );
      expect(failures).toEqual([]);
    });
  });

  test("fails where it is used, not where it is configured, when the settings are wrong", async () => {
    await jest.isolateModulesAsync(async () => {
      const fresh = jest.requireActual<{ handler: typeof handler }>("../../provider/dynamic");
      const database = fresh.handler("edgekv:Database");
      await database.configure({
        config: { get: (key) => (key === "akamai-edge:host" ? "only-a-host.example.com" : undefined) },
      });
      const error = await failure(database.check({}, { owner: "p/s/edgekv" }));
      expect(error.message).toMatch(
        /^checking the EdgeKV database of the account: The Akamai credentials in the stack config are not complete/,
      );
    });
  });
});

describe("values that nobody meant", () => {
  test("in the place of a name, are no crash and no page of text", async () => {
    const failing = provider(
      {
        preflight: async () => {
          throw new PreconditionError("no");
        },
      },
      offline({ previewReads: true }),
    );
    const name = JSON.parse('{"toString":"x","valueOf":1}') as unknown;
    expect((await failing.check({}, { ...inputs, name })).failures).toEqual([
      expect.objectContaining({
        property: "name",
        reason: expect.stringMatching(/^name must be text, and is /),
      }),
    ]);
    const message = await failing
      .check({}, { ...inputs, name: "\u001b".repeat(1_000_000) })
      .catch((error: Error) => error.message);
    expect(message).toMatch(/^checking sample \\u\{1b\}.*: no$/);
    expect(String(message).length).toBeLessThan(250);
  });

  test("in a state, end in a sentence", async () => {
    const messageOf = (run: Promise<unknown>) =>
      run.then(
        () => "",
        (error: Error) => error.message,
      );
    const drifted = async (_context: unknown, { note }: Values) =>
      String(note).length + (note as string).replaceAll("x", "").length > 10;
    const { diff, read } = provider({
      hasDrift: drifted,
      read: async (_context, { note }) => ({ note: (note as string).trim() }),
    });
    expect(await messageOf(diff("the-id", { ...state, note: 1 }, inputs))).toMatch(
      /^comparing sample a: the resource's state is not what this provider wrote: `note` can't be read/,
    );
    expect(await messageOf(diff("the-id", inputs, inputs))).toMatch(/`note` is missing/);
    expect(await messageOf(read("the-id", inputs))).toMatch(
      /^reading sample a: the resource's state is .*`note` is missing/,
    );
    expect(await messageOf(diff("the-id", state, inputs))).toBe("");
  });

  test("an error of the language over a state that is whole stays what it is", async () => {
    const { read } = provider({
      read: async () => {
        throw new TypeError("a mistake of ours");
      },
    });
    await expect(read("the-id", state)).rejects.toThrow("reading sample a: a mistake of ours");
  });
});
