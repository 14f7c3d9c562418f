import { refusalLine } from "../../../support/refusal";
import { TestEngine } from "../../../support/testEngine";
import { resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";

const place = { network: "staging", namespace: "catalog", group: "countries", key: "DE" };
const hello = { ...place, value: "Guten Tag" };
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const day = 86_400;

let engine: TestEngine;
/** An account with the namespace `catalog` on staging. */
const begin = async (
  options: Parameters<typeof TestEngine.start>[0] = {},
  settings: Record<string, string> = {},
  retentionInSeconds = 0,
) => {
  engine = await TestEngine.start(
    { ...options, settings: { itemRatePerSecond: 10_000, ...options.settings } },
    settings,
  );
  const json = { namespace: "catalog", groupId: 72297, retentionInSeconds };
  await engine.somebody().send({ method: "POST", path: "/edgekv/v1/networks/staging/namespaces", json });
  engine.later(10).emulator.clearJournal();
};
const { up, failingUp, preview, refused, notice } = resourceUnderTest(
  () => engine,
  "edgekv:Item",
  "hello",
  hello,
);
const pathOf = (key: string) =>
  `/edgekv/v1/networks/staging/namespaces/catalog/groups/countries/items/${key}`;
/** Somebody else's write. */
const put = (value: string, key = "DE", contentType = "text/plain") =>
  engine.somebody().send({ method: "PUT", path: pathOf(key), raw: { contentType, bytes: value } });
const remove = (key = "DE") => engine.somebody().send({ method: "DELETE", path: pathOf(key) });
/** What the account has, as last written: value and type. */
const stored = (key = "DE"): { value: string; contentType: string } | undefined => {
  type Items = Record<
    string,
    Record<string, Record<string, { value: { value: string; contentType: string } | null }[]>>
  >;
  const { edgekv } = engine.emulator.state.get() as { edgekv: { items: { staging: Items } } };
  return edgekv.items.staging.catalog?.countries?.[key]?.at(-1)?.value ?? undefined;
};
const writes = () => engine.changes().filter((request) => request.startsWith("PUT"));
const absent = {
  kind: "status" as const,
  status: 404,
  body: { status: 404, errorCode: "EKV_9000", detail: "not found" },
};

afterEach(() => engine.close());

describe("writing an item", () => {
  test.each([1, 2, 3, 4, 5])(
    "it is written once, and waited for until every replica shows it, whatever the replicas (seed %s)",
    async (seed) => {
      await begin({ seed });
      const made = await up();
      expect(made).toMatchObject({
        id: "staging/catalog/countries/DE",
        state: {
          ...hello,
          overwrite: false,
          waitForPropagation: true,
          writtenAt: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      });
      expect(stored()).toMatchObject({ value: "Guten Tag", contentType: "text/plain" });
      expect(writes()).toEqual(["PUT /networks/staging/namespaces/catalog/groups/countries/items/DE"]);
      expect((await preview(hello, made)).plan).toBe("same");
      expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    },
  );

  test.each([
    ["an empty text", { value: "" }, "", "text/plain"],
    ["a text that looks like a number", { value: "42" }, "42", "text/plain"],
    ["text of many kinds", { value: "\uFEFFこんにちは 👋\r\n" }, "\uFEFFこんにちは 👋\r\n", "text/plain"],
    ["null", { json: "null" }, "null", "application/json"],
    ["a text in JSON", { json: '"Hello"' }, '"Hello"', "application/json"],
    [
      "members in their order, and a null among them",
      { json: '{ "b": [1, null], "a": null }' },
      '{"a":null,"b":[1,null]}',
      "application/json",
    ],
  ])("%s is a value", async (_what, args, value, contentType) => {
    await begin({ lag: "none" });
    const made = await up({ ...place, ...args });
    expect(stored()).toMatchObject({ value, contentType });
    expect((await engine.run().refresh(made))?.inputs).toEqual(made.inputs);
    expect(await engine.run().preview("edgekv:Item", "hello", { ...place, ...args }, made)).toMatchObject({
      plan: "same",
      failures: [],
    });
  });

  test("a change is written in place; another order of members is none, a null more or less is one", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...place, json: '{"a":1,"b":2}' });
    expect((await preview({ ...place, json: '{ "b": 2, "a": 1 }' }, made)).plan).toBe("same");
    expect((await preview({ ...place, json: '{"a":1,"b":2,"c":null}' }, made)).plan).toBe("update");
    const changed = await up({ ...place, json: '{"a":1,"b":3}' }, made);
    expect(stored()).toMatchObject({ value: '{"a":1,"b":3}' });
    const text = await up({ ...place, value: '{"a":1,"b":3}' }, changed);
    expect(stored()).toMatchObject({ contentType: "text/plain" });
    expect(writes()).toHaveLength(3);
    // A change of settings alone sends no request.
    await up({ ...place, value: '{"a":1,"b":3}', waitForPropagation: false }, text);
    expect(writes()).toHaveLength(3);
  });

  test.each(["network", "namespace", "group", "key"] as const)(
    "another %s is another item, there before the old one goes",
    async (field) => {
      await begin({ lag: "none" });
      const namespace = { network: "staging", groupId: 72297, retentionInSeconds: 0 };
      await engine.up("edgekv:Namespace", "other", namespace);
      await engine.up("edgekv:Namespace", "there", { ...namespace, name: "catalog", network: "production" });
      const made = await up();
      engine.run().emulator.clearJournal();
      const other = field === "network" ? "production" : "other";
      const planned = await preview({ ...hello, [field]: other }, made);
      expect(planned).toMatchObject({ plan: "replace", replaces: [field], deleteBeforeReplace: false });
      await up({ ...hello, [field]: other }, made);
      expect(engine.changes().map((request) => request.split(" ")[0])).toEqual(["PUT", "DELETE"]);
      expect(stored()).toBeUndefined();
    },
  );

  test.each([
    ["the connection broke", { kind: "reset-after" }],
    ["the gateway gave up", { kind: "status", status: 504, afterEffect: true }],
    ["the service asked to slow down", { kind: "status", status: 429 }],
  ] as const)("when %s it is written all the same", async (_what, fault) => {
    await begin();
    engine.emulator.faults.add({ method: "PUT", path: "*/items/*", times: 2, ...fault });
    expect((await up()).state).toMatchObject(hello);
    expect(stored()).toMatchObject({ value: "Guten Tag" });
  });

  // The API documents a text for both: "Item was upserted …", "Item was marked for deletion …".
  test.each([
    ["an empty body", "", "it is empty"],
    ["JSON that is cut off", '{"item": "DE', "it is no JSON, or cut off"],
  ])(
    "a 200 with %s is not believed: nothing may have been written or deleted",
    async (_what, body, reason) => {
      await begin({ lag: "none" });
      const odd = {
        path: "*/items/*",
        kind: "status",
        status: 200,
        body,
        contentType: "text/plain",
      } as const;
      const line = (method: string) =>
        `${method} ${pathOf("DE")} was answered with 200, but the body is not what the API documents: ${reason}`;
      engine.emulator.faults.add({ ...odd, method: "PUT" });
      expect((await failingUp()).message).toContain(line("PUT"));
      const made = await up();
      engine.run().emulator.faults.add({ ...odd, method: "DELETE" });
      await expect(engine.destroy(made)).rejects.toThrow(line("DELETE"));
      await engine.run().destroy(made);
      expect(stored()).toBeUndefined();
    },
  );

  test("the namespace that this run has just made may not be visible on every replica yet", async () => {
    await begin({ lag: "default" });
    await engine.up("edgekv:Namespace", "fresh", {
      network: "staging",
      groupId: 72297,
      retentionInSeconds: 0,
    });
    const body = { status: 400, errorCode: "EKV_9000", detail: "The requested namespace does not exist." };
    engine.emulator.faults.add({ path: "*/fresh/groups/*", kind: "status", status: 400, body, times: 6 });
    expect((await up({ ...hello, namespace: "fresh" })).id).toBe("staging/fresh/countries/DE");
  });

  test("nothing is waited for when the program sets that", async () => {
    await begin();
    await up({ ...hello, waitForPropagation: false, overwrite: true });
    expect(engine.requests().filter((request) => request.includes("/items/"))).toEqual([
      expect.stringMatching(/^GET /), // the preview's read
      expect.stringMatching(/^PUT /),
    ]);
  });

  test("a write that never shows is a failure that stays in the state; the next run writes and waits again", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    engine.emulator.faults.add({ method: "GET", path: "*/items/*", times: 100_000, ...absent });
    const { message, stored } = await failingUp();
    expect(message).toMatch(
      /^creating item DE of group staging\/catalog\/countries: waited 20 min.* for item DE .* to be readable; it is still not visible/,
    );
    expect(stored?.state).toMatchObject(hello);
    expect(stored?.state).not.toHaveProperty("writtenAt");
    engine.emulator.faults.clear();
    expect((await engine.run().up("edgekv:Item", "hello", hello, stored)).state.writtenAt).toBeDefined();
    expect(writes()).toHaveLength(2);
  });
});

describe("an item that is there before it is made", () => {
  test("is refused on `key`, at preview and at up, and left as it is", async () => {
    for (const previewReads of ["true", "false"]) {
      await begin({ lag: "none" }, { previewReads });
      await put("Servus");
      if (previewReads === "true")
        expect(await refused()).toEqual([
          expect.stringMatching(
            /^key: an item of this key exists already with another value.*`overwrite: true`/,
          ),
        ]);
      else
        expect((await failingUp()).message).toContain(
          "an item of this key exists already with another value",
        );
      expect(stored()).toMatchObject({ value: "Servus" });
      await engine.close();
    }
    await begin();
  });

  test("is overwritten when the program sets that, and the preview reports it", async () => {
    await begin({ lag: "none" });
    await put("Servus");
    await up({ ...hello, overwrite: true });
    expect(notice("exists already: `up` replaces its value")).toBeDefined();
    expect(stored()).toMatchObject({ value: "Guten Tag" });
  });

  test("is what an interrupted run left behind when it holds what is declared", async () => {
    await begin();
    await put('{"b":2, "a":1}', "DE", "application/json");
    engine.later(20);
    expect((await up({ ...place, json: '{"a":1,"b":2}' })).state.writtenAt).toBeDefined();
    expect(notice("exists already with the declared value: `up` adopts it")).toBeDefined();
  });

  test.each([1, 2, 3])(
    "was deleted a moment ago, which stale replicas do not show yet: it is written (seed %s)",
    async (seed) => {
      await begin({ seed });
      await put("Servus");
      engine.later(30);
      await remove();
      engine.later(3);
      await up();
      expect(stored()).toMatchObject({ value: "Guten Tag" });
      expect((await engine.run().refresh(await up(hello, undefined)))?.state).toMatchObject(hello);
    },
  );

  test("is only warned of while the value is not known yet", async () => {
    await begin({ lag: "none" });
    await put("Servus");
    expect(await refused({ ...place, value: unknown })).toEqual([]);
    expect(notice("`up` fails unless its value is the declared one, which is not known yet")).toBeDefined();
  });
});

describe("a preview refuses", () => {
  test.each(
    [
      [{ network: "test" }, "network: must be `staging` or `production`"],
      [{ namespace: "-x" }, "namespace: is not the name of a namespace"],
      [{ group: "a b" }, "group: must be 1 to 128 letters"],
      [{ group: "x".repeat(129) }, "group: must be 1 to 128 letters"],
      [{ key: "a/b" }, "key: must be 1 to 512 letters"],
      [{ key: "x".repeat(513) }, "key: must be 1 to 512 letters"],
      [{ key: "" }, "key: must be 1 to 512 letters"],
      [{ value: undefined }, "value: is required, or `json`"],
      [{ json: "1" }, "json: can't be set together with `value`"],
      [{ json: unknown }, "json: can't be set together with `value`"],
      [
        { value: undefined, json: "{" },
        "json: must be JSON text (line 1, column 2: a name in double quotes is expected)",
      ],
      [
        { value: undefined, json: '{"a":1,"a":2}' },
        "json: must be JSON text (line 1, column 8: the text has the name a twice)",
      ],
      [
        { value: undefined, json: '{"n":[1e999]}' },
        "json: must be JSON text (line 1, column 7: `n.0` is 1e999, a number beyond the range of JavaScript)",
      ],
      [{ value: "\ud800" }, "value (not shown): has half of a surrogate pair, which UTF-8 can't hold"],
      [{ value: 5 }, "value: must be text: use `json` for anything else"],
      [
        { value: "x".repeat(1_048_577) },
        "value (not shown): has 1048577 bytes: an item can hold at most 1048576 (1 MB)",
      ],
      [
        { namespace: "other" },
        "namespace: there is no namespace other on staging (there are default, catalog), and no resource before this one declares it",
      ],
    ].map(([wrong, message]) => ({ wrong: wrong as object, message: message as string })),
  )("$message", async ({ wrong, message }) => {
    await begin({ lag: "none" });
    const failures = await refused({ ...hello, ...wrong });
    expect(failures).toEqual([refusalLine(message)]);
    // Never a value, which may be a secret.
    expect(failures.join()).not.toContain("Guten Tag");
  });

  test("nothing of what may be: a namespace that the program makes, the longest names, a value that may be too large", async () => {
    await begin({ lag: "none" });
    await engine.preview("edgekv:Namespace", "fresh", {
      network: "staging",
      groupId: 72297,
      retentionInSeconds: 0,
    });
    expect(await refused({ ...hello, namespace: "fresh" })).toEqual([]);
    expect(await refused({ ...hello, group: "g".repeat(128), key: "k".repeat(512) })).toEqual([]);
    expect(engine.messages).toEqual([]);
    expect(await refused({ ...hello, key: "big", value: "x".repeat(262_145) })).toEqual([]);
    expect(
      notice("has 262145 characters; Akamai documents at most 262144, so that `up` may be refused with 413"),
    ).toBeDefined();
    expect((await failingUp({ ...hello, key: "big", value: "x".repeat(262_145) })).message).toContain("413");
    // Every part may be something that is known later only.
    expect(
      await refused({ network: unknown, namespace: unknown, group: unknown, key: unknown, json: unknown }),
    ).toEqual([]);
  });

  test("an account without EdgeKV, unless the program makes the namespace", async () => {
    engine = await TestEngine.start({ settings: { initialized: false } });
    expect(await refused()).toEqual([
      expect.stringContaining(
        "namespace: there is no namespace catalog on staging (EdgeKV is not initialized)",
      ),
    ]);
    await engine.preview("edgekv:Namespace", "catalog", {
      network: "staging",
      groupId: 0,
      retentionInSeconds: 0,
    });
    expect(await refused()).toEqual([]);
  });

  test("two resources for one item", async () => {
    await begin({ lag: "none" });
    expect(await refused(hello)).toEqual([]);
    expect(await refused({ ...hello, key: "FR" }, undefined, "other")).toEqual([]);
    expect(await refused(hello, undefined, "twin")).toEqual([
      "key: the resource hello of this program declares the item DE as well: an item belongs to one resource only",
    ]);
    // The engine checks what is replaced a second time.
    expect(await refused(hello)).toEqual([]);
  });

  test("nothing without asking the account when previews may not read", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    expect(await refused({ ...hello, namespace: "other" })).toEqual([]);
    expect(engine.requests()).toEqual([]);
  });

  test("a warning where the namespace is about to go", async () => {
    await begin({ lag: "none" });
    await engine
      .somebody()
      .send({ method: "DELETE", path: "/edgekv/v1/networks/staging/namespaces/catalog" });
    expect(await refused()).toEqual([]);
    expect(
      notice("is scheduled for deletion: its items can't be written until that is cancelled"),
    ).toBeDefined();
  });
});

describe("refresh", () => {
  test.each([
    ["another text", hello, "Servus", { value: "Servus" }],
    ["other JSON", { ...place, json: '{"a":1}' }, '{"a": 2, "A": null}', { json: '{"A":null,"a":2}' }],
    ["no JSON any more", { ...place, json: '{"a":1}' }, "{", { value: "{" }],
  ])("shows %s as a change, and up writes what is declared", async (_what, args, value, seen) => {
    await begin();
    const made = await up(args);
    await put(value);
    const drifted = await engine.later(60).refresh(made);
    expect(drifted?.inputs).toMatchObject({ ...place, ...seen });
    expect(Object.keys(drifted?.inputs ?? {}).filter((field) => ["value", "json"].includes(field))).toEqual(
      Object.keys(seen),
    );
    const mended = await up(args, drifted);
    expect(mended.inputs).toEqual(made.inputs);
    expect(stored()).toMatchObject({ value: made.inputs.value ?? made.inputs.json });
  });

  test("an item that somebody deleted is gone, and reported as deleted", async () => {
    await begin();
    const made = await up();
    await remove();
    expect(await engine.later(60).refresh(made)).toBeUndefined();
    expect(
      notice(
        "item DE of group staging/catalog/countries was deleted outside of this program; `up` writes it again",
      ),
    ).toBeDefined();
  });

  test("one that has outlived the retention of its namespace is reported as expired", async () => {
    await begin({ lag: "none" }, {}, day);
    const made = await up();
    expect(await engine.later(2 * day).refresh(made)).toBeUndefined();
    expect(notice("has expired: it was written on ")).toContain(
      "and the namespace retains items for 1 d; `up` writes it again",
    );
  });

  // Right after its own write a 404 is "not yet", not "deleted".
  test.each([1, 2, 3, 4, 5])(
    "right after a write that was not waited for, nothing is drift (seed %s)",
    async (seed) => {
      await begin({ seed });
      await put("Servus");
      const made = await engine
        .later(30)
        .up("edgekv:Item", "hello", { ...hello, overwrite: true, waitForPropagation: false });
      expect((await engine.run().refresh(made))?.state).toEqual(made.state);
      const other = await up({ ...hello, key: "new", waitForPropagation: false });
      expect((await engine.run().refresh(other))?.state).toEqual(other.state);
    },
  );

  test("one that is gone with its namespace; one that can't be read while that is about to go stays", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await engine
      .somebody()
      .send({ method: "DELETE", path: "/edgekv/v1/networks/staging/namespaces/catalog" });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(notice("can't be read: the deletion of its namespace is scheduled")).toBeDefined();
    expect(await engine.later(3 * day + 60).refresh(made)).toBeUndefined();
    expect(notice("was deleted with its namespace")).toBeDefined();
  });

  // Five minutes are documented until every replica shows that a delete was cancelled; until then stale ones refuse all requests for items.
  test.each([1, 2, 3, 4, 5])(
    "right after the deletion of its namespace was cancelled (seed %s)",
    async (seed) => {
      await begin({ seed });
      const made = await up();
      const namespace = "/edgekv/v1/networks/staging/namespaces/catalog";
      await engine.somebody().send({ method: "DELETE", path: namespace });
      await engine
        .later(60)
        .somebody()
        .send({ method: "DELETE", path: `${namespace}/status/scheduled-delete` });
      engine.later(150);
      const read = await engine.refresh(made);
      expect(read?.state).toEqual(made.state);
      await engine.run().up("edgekv:Item", "hello", { ...hello, value: "Servus" }, made);
      expect(stored()?.value).toBe("Servus");
    },
  );

  test("a missing permission is an error, and no absence", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.emulator.faults.add({ path: "*/items/*", kind: "status", status: 403, times: 9 });
    await expect(engine.refresh(made)).rejects.toThrow(
      /reading item DE of group staging\/catalog\/countries: .*403/,
    );
  });
});

describe("expiry without a refresh", () => {
  test("is found by the preview, and up writes the item again", async () => {
    await begin({ lag: "none" }, {}, day);
    const made = await up();
    expect((await engine.later(day - 60).preview("edgekv:Item", "hello", hello, made)).plan).toBe("same");
    engine.emulator.clearJournal();
    expect((await engine.later(120).preview("edgekv:Item", "hello", hello, made)).plan).toBe("update");
    expect(notice("has expired: it was written on ")).toContain("`up` writes it again");
    const renewed = await up(hello, made);
    expect(stored()).toMatchObject({ value: "Guten Tag" });
    expect(renewed.state.writtenAt).not.toEqual(made.state.writtenAt);
    expect((await preview(hello, renewed)).plan).toBe("same");
  });

  test("asks nothing where the namespace retains items for ever, and nothing in the first day", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run().emulator.clearJournal();
    expect((await preview(hello, made)).plan).toBe("same");
    expect(engine.requests()).toEqual([]);
    expect((await engine.later(400 * day).preview("edgekv:Item", "hello", hello, made)).plan).toBe("same");
    expect(engine.requests()).toEqual(["GET /networks/staging/namespaces?details=on"]);
  });
});

describe("destroying an item", () => {
  test("that the person has had replaced by itself leaves it", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await engine.run().up("edgekv:Item", "hello", hello);
    await engine.destroy(made);
    expect(stored()).toMatchObject({ value: "Guten Tag" });
  });

  test.each([1, 2, 3])("deletes it, and waits until no replica shows it (seed %s)", async (seed) => {
    await begin({ seed });
    const made = await up();
    await engine.run().destroy(made);
    expect(stored()).toBeUndefined();
    const reads = Array.from({ length: 10 }, () =>
      engine.somebody().send({ method: "GET", path: pathOf("DE"), expectedStatuses: [404] }),
    );
    expect((await Promise.all(reads)).map(({ status }) => status)).toContain(404);
    // Absent already is done.
    await engine.run().destroy(made);
  });

  test("of a namespace that is gone, or about to go, is done", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await engine
      .somebody()
      .send({ method: "DELETE", path: "/edgekv/v1/networks/staging/namespaces/catalog" });
    await engine.run().destroy(made);
    await engine.later(4 * day).destroy(made);
  });

  test("that another resource of the program has adopted is left", async () => {
    await begin({ lag: "none" });
    const made = await up();
    // Renamed in the program without an alias: the new resource comes first, then the old one goes.
    await engine.run().up("edgekv:Item", "renamed", hello);
    await engine.destroy(made);
    expect(stored()).toMatchObject({ value: "Guten Tag" });
    expect(
      notice("is not deleted: another resource, such as the replacement of this one, has just written it"),
    ).toBeDefined();
  });

  test("a refusal is an error that names the item, and not what it holds", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine
      .run()
      .emulator.faults.add({ method: "DELETE", path: "*/items/*", kind: "status", status: 403, times: 9 });
    const failed = engine.destroy(made);
    await expect(failed).rejects.toThrow(/deleting item DE of group staging\/catalog\/countries: .*403/);
    await expect(failed).rejects.not.toThrow(/Guten Tag/);
  });
});
