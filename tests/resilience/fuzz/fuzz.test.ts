import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { adapt } from "../../../provider/dynamic";
import { inputFields } from "../../../provider/framework/resource";
import { registry } from "../../../provider/registry";
import { RunState } from "../../../provider/runtime/runState";
import type { StoredResource, TestEngine } from "../../support/testEngine";
import { isFull, report } from "../support/extent";
import { code, codeEntries, deepJson, headerOf, socket, sparse, tar, zeros } from "./files";
import { type FilledAccount, startFilledAccount } from "./filledAccount";
import { fuzzInputs, requiredFields } from "./inputs";
import { inShort, samples } from "./values";

type Values = Record<string, unknown>;

const seed = Number(process.env.SEED ?? 1);
/** Of the fields of all resources together. */
const cases = isFull ? 10_000 : 500;
const worstSeconds = 2;
const longestReason = 2_000;

/** Rubbish is collected when a test asks for it, so that what stays can be measured. */
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

let account: FilledAccount;
let engine: TestEngine;
let made: ReadonlyMap<string, StoredResource>;
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", note);
  account = await startFilledAccount({
    seed,
    lag: { object: 5 },
    settings: { itemRatePerSecond: 1_000_000 },
  });
  engine = account.engine;
  made = account.made;
});
afterAll(async () => {
  await account.close();
  process.off("unhandledRejection", note);
});
beforeEach(() => {
  engine.later(60);
});
afterEach(() => expect(unhandled).toEqual([]));

/** A provider of a run that has seen nothing yet. */
function provider(token: string) {
  const resource = registry.get(token);
  if (resource === undefined) throw new Error(`no resource ${token}`);
  return adapt(resource, Promise.resolve({ ...engine.context, runState: new RunState() }), () => undefined);
}

const fieldsOf = (token: string) => Object.keys(registry.get(token)?.args.shape ?? {});
const allFields = [...registry.keys()].flatMap((token) => fieldsOf(token).map((field) => ({ token, field })));
const inputOf = (token: string) => {
  const input = fuzzInputs[token];
  if (input === undefined) throw new Error(`${token} has no fuzz input in tests/resilience/fuzz/inputs.ts`);
  return input;
};
const baseOf = (token: string, field: string) => {
  const base = inputOf(token).bases.find((one) => Object.hasOwn(one, field));
  if (base === undefined)
    throw new Error(`no valid declaration in tests/resilience/fuzz/inputs.ts has ${token}.${field}`);
  return base;
};

/** POSTs that only ask, and a PUT that only tries. */
const harmless = /^(GET |POST \S+\/validations$|POST \S+\/search\/find-by-value$|PUT \S+\?.*dryRun=true)/;
const changes = () => engine.requests().filter((request) => !harmless.test(request));

/** What no message may contain. */
const gibberish =
  /\bundefined\b|\[object |Cannot (read|convert|set|use)|is not (a function|iterable|an object|defined)|call stack|Invalid string length|URI malformed|\n\s+at /;

const problemsOf = (failures: readonly { property: string; reason: string }[], input: string) =>
  failures.flatMap(({ property, reason }) => [
    ...(property.length + reason.length > longestReason
      ? [`too long (${property.length} + ${reason.length})`]
      : []),
    // A name that the program itself gives is quoted as it is.
    ...(gibberish.test(
      reason
        .replaceAll(input, "")
        .replace(/\["\[object Object\]"\]|\.undefined(?=[.[:])/g, "")
        // A value is quoted as it is, too.
        .replace(/, and is .*/s, ""),
    )
      ? [`no words for people: ${reason}`]
      : []),
    ...(reason.length < 5 ? [`is empty: ${reason}`] : []),
  ]);

test("every field of every resource has a valid declaration here, and a rule from the API", async () => {
  for (const { token, field } of allFields) {
    expect(Object.keys(inputOf(token).rules)).toContain(field);
    const base = baseOf(token, field);
    expect([token, field, inputOf(token).rules[field]?.(base[field])]).toEqual([token, field, true]);
  }
  for (const token of registry.keys()) {
    for (const base of inputOf(token).bases) {
      expect([token, await provider(token).check({}, { ...base, owner: "project/stack/x" })]).toMatchObject([
        token,
        { failures: [] },
      ]);
    }
  }
});

describe.each([...registry.keys()])("%s", (token) => {
  test("nothing but what is valid is accepted, and the rest is reported on its field", async () => {
    const { rules, reportedOn = {} } = inputOf(token);
    const required = requiredFields(token);
    const fields = fieldsOf(token);
    const first = allFields.findIndex((one) => one.token === token);
    const wrong: string[] = [];
    const counts = { cases: 0, refused: 0, accepted: 0 };
    collect();
    const before = process.memoryUsage().heapUsed;
    for (const [number, field] of fields.entries()) {
      const base = baseOf(token, field);
      const values = samples(base[field], Math.ceil(cases / allFields.length), seed * 1000 + first + number);
      for (const [index, value] of values.entries()) {
        const complain = (what: string) =>
          wrong.push(`${field} = ${inShort(value)} (seed ${seed}, case ${index}): ${what}`);
        engine.clearMessages().emulator.clearJournal();
        const began = process.cpuUsage();
        try {
          const { failures } = await provider(token).check(
            {},
            { ...base, [field]: value, owner: "project/stack/x", __provider: "text" },
          );
          const isValid =
            value === null || value === undefined
              ? !required.includes(field)
              : rules[field]?.(value) === true;
          counts.cases += 1;
          counts[failures.length > 0 ? "refused" : "accepted"] += 1;
          if (failures.length === 0 && !isValid) complain("was accepted");
          const on = [field, ...(reportedOn[field] ?? [])];
          // A value that must not be printed raw is reported on a name that no input has.
          const elsewhere = failures.filter(
            ({ property }) =>
              !on.some(
                (one) => [one, `${one} (not shown)`].includes(property) || property.startsWith(`${one}.`),
              ),
          );
          if (elsewhere.length > 0)
            complain(
              `was reported on ${elsewhere.map(({ property, reason }) => `${property.slice(0, 100)}: ${reason.slice(0, 200)}`).join("; ")}`,
            );
          for (const problem of problemsOf(
            failures,
            typeof value === "string" && value !== "" ? value : "\u0001none",
          ))
            complain(problem);
          if (!isValid && typeof value === "string" && value.length > 2) {
            const sent = engine
              .requests()
              .filter((request) => request.includes(encodeURIComponent(value.toWellFormed())));
            if (sent.length > 0 && value.length > 5) complain(`was sent: ${sent[0]}`);
          }
        } catch (error) {
          complain(`was not refused, but crashed: ${String((error as Error).message).slice(0, 500)}`);
        }
        const seconds = process.cpuUsage(began).user / 1e6;
        if (seconds > worstSeconds) complain(`took ${seconds.toFixed(1)} s`);
        if (changes().length > 0) complain(`sent ${changes().join(", ")}`);
      }
    }
    collect();
    const grown = process.memoryUsage().heapUsed - before;
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(grown).toBeLessThan(100 * 1024 * 1024);
    expect(Math.min(counts.refused, counts.accepted)).toBeGreaterThan(0);
    report("Fuzz", { resource: token, fields: fields.length, ...counts });
  });
});

// ---- invalid states ----

test("a state that is not what was written ends in a sentence, and in no request that changes anything", async () => {
  const wrong: string[] = [];
  let number = 0;
  for (const [token, { id, inputs, state }] of made) {
    const resource = registry.get(token);
    if (resource === undefined) throw new Error(`no resource ${token}`);
    const fields = [...inputFields(resource), ...Object.keys(resource.outputs.shape)];
    for (const field of fields) {
      number += 1;
      for (const [index, value] of [
        undefined,
        ...samples(state[field] ?? "", isFull ? 40 : 2, seed * 1000 + number),
      ].entries()) {
        const complain = (what: string) =>
          wrong.push(`${token} ${field} = ${inShort(value)} (seed ${seed}, case ${index}): ${what}`);
        engine.clearMessages().emulator.clearJournal();
        const began = process.cpuUsage();
        const invalid = { ...state, [field]: value, __provider: "text" };
        const { diff, check } = provider(token);
        const { owner, ...args } = inputs;
        for (const run of [
          () => diff(id, invalid, { ...inputs, __provider: "text" }),
          () => check({ ...inputs, [field]: value }, { ...args, owner }),
        ]) {
          await run().catch((error: Error) => {
            if (error.message.length > 3_000) complain(`reported ${error.message.length} characters`);
            const message =
              typeof value === "string" && value !== "" ? error.message.replaceAll(value, "") : error.message;
            if (gibberish.test(message)) complain(error.message.slice(0, 300));
          });
        }
        if (process.cpuUsage(began).user > worstSeconds * 1e6) complain("took too long");
        if (changes().length > 0) complain(`sent ${changes().join(", ")}`);
      }
    }
  }
  expect(wrong.slice(0, 20)).toEqual([]);
  expect([...made.keys()].sort()).toEqual([...registry.keys()].sort());
});

// ---- files ----

const mostGrowth = 200 * 1024 * 1024;
/** Seconds of CPU: far more than any input takes, and far less than what never ends. */
const soon = 20;

/** The outcome of a check, as `bundle: …`, with what it costs. */
async function checkOutcome(token: string, args: Values): Promise<string> {
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const looking = setInterval(look, 10);
  // Of the processor: a machine with much to do is no reason to fail.
  const began = process.cpuUsage();
  engine.emulator.clearJournal();
  const { failures } = await provider(token)
    .check({}, { ...args, owner: "project/stack/x", __provider: "text" })
    .finally(() => clearInterval(looking));
  look();
  expect(process.cpuUsage(began).user / 1e6).toBeLessThan(soon);
  expect(most - before).toBeLessThan(mostGrowth);
  expect(changes()).toEqual([]);
  expect(problemsOf(failures, "\u0001none")).toEqual([]);
  return failures.length === 0
    ? "accepted"
    : failures.map(({ property, reason }) => `${property.replace(" (not shown)", "")}: ${reason}`).join("\n");
}

const bundled = (bundle: unknown) =>
  checkOutcome("edgeworkers:Version", { edgeWorkerId: 54_321, bundle, version: "auto" });

const grouped = (source: Values) =>
  checkOutcome("edgekv:ItemGroup", { network: "staging", namespace: "catalog", group: "pages", ...source });

let number = 0;
/** A name in the test's folder that nothing has yet. */
const fresh = (end = "") => {
  number += 1;
  return `f${number}${end}`;
};
const file = (content: string | Buffer, end: string) => {
  const name = fresh(end);
  writeFileSync(name, content);
  return name;
};
const codeFolder = (more: Readonly<Record<string, string | Buffer>> = {}) => {
  const name = fresh();
  mkdirSync(name);
  for (const [path, content] of Object.entries({ ...code, ...more }))
    writeFileSync(join(name, path), content);
  return name;
};
const secret = "what stands in a file outside";

describe("a .tgz", () => {
  const wrongName = /^bundle: .*is not a path that a file of a bundle can have$/s;
  test.each([
    ["a path out of the folder", "../../etc/x", wrongName],
    ["a path out from further in", "lib/../../x", wrongName],
    ["from the root", "/etc/x", wrongName],
    ["Windows", "..\\..\\x", wrongName],
    ["a drive", "C:\\x", wrongName],
    ["the end of a line", "a\nb.js", wrongName],
    ["a prototype", "__proto__", wrongName],
    ["a prototype's folder", "__proto__/x.js", wrongName],
    ["a long name", `${"d/".repeat(50_000)}x.js`, wrongName],
  ])("with a name that is %s", async (_what, name, expected) => {
    expect(await bundled(file(gzipSync(await tar(...codeEntries, { name, text: "x" })), ".tgz"))).toMatch(
      expected,
    );
  });

  test.each(["symlink", "link", "character-device", "block-device", "fifo"] as const)(
    "with a %s in it",
    async (type) => {
      const archive = await tar(...codeEntries, { name: "x.js", type, linkname: "/etc/passwd" });
      expect(await bundled(file(gzipSync(archive), ".tgz"))).toMatch(
        /^bundle: .* x\.js is a [a-z-]+, not a file$/,
      );
    },
  );

  test("that unpacks to hundreds of megabytes: zeros, and one file of that size", async () => {
    const giga = isFull ? 2 ** 30 : 2 ** 28;
    const bombs = [zeros(giga), zeros(giga, await headerOf("main.js", giga))];
    for (const bomb of bombs) {
      expect(bomb.length).toBeLessThan(1.2 * 1024 * 1024);
      expect(await bundled(file(bomb, ".tgz"))).toMatch(/^bundle: .* unpacks to more than 8388608 bytes/);
    }
  });

  test("with a hundred thousand entries", async () => {
    const header = await headerOf("x.js", 0);
    const archive = Buffer.alloc(100_000 * header.length, header);
    expect(await bundled(file(gzipSync(archive), ".tgz"))).toMatch(/^bundle: .* unpacks to more than/);
  });

  test("that is broken", async () => {
    const archive = await tar(...codeEntries);
    const packed = gzipSync(archive);
    for (const [content, expected] of [
      [packed.subarray(0, packed.length - 20), /^bundle: .* is not a gzip file that can be unpacked$/],
      [gzipSync(archive.subarray(0, 700)), /^bundle: .* is not a tar archive that can be unpacked$/],
      [Buffer.concat([packed, Buffer.from("rubbish")]), /^bundle: .* is not a gzip file/],
      [Buffer.alloc(0), /^bundle: .* is not a gzip file/],
      [gzipSync(""), /^bundle: EMPTY_TARBALL/],
      [Buffer.from("not gzip"), /^bundle: .* is not a gzip file/],
      [archive, /^bundle: .* is not a gzip file/],
      [gzipSync("x".repeat(2048)), /^bundle: .* is not a tar archive/],
    ] as const) {
      expect(await bundled(file(content, ".tgz"))).toMatch(expected);
    }
  });

  test("with a name twice: the last one counts, as for tar", async () => {
    expect(
      await bundled(file(gzipSync(await tar({ name: "main.js", text: "{" }, ...codeEntries)), ".tgz")),
    ).toBe("accepted");
    expect(
      await bundled(file(gzipSync(await tar(...codeEntries, { name: "main.js", text: "{" })), ".tgz")),
    ).toMatch(/STATIC_VALIDATION_FAILED/);
  });

  test("that is a pipe, a socket, a device, or a gigabyte", async () => {
    const pipe = fresh(".tgz");
    execFileSync("mkfifo", [pipe]);
    expect(await bundled(pipe)).toMatch(/^bundle: .* is neither a folder nor a \.tgz$/);
    const listening = await socket(fresh(".tgz"));
    expect(await bundled(String(listening.address()))).toMatch(
      /^bundle: .* is neither a folder nor a \.tgz$/,
    );
    listening.close();
    const device = fresh(".tgz");
    symlinkSync("/dev/zero", device);
    expect(await bundled(device)).toMatch(/^bundle: .* is neither a folder nor a \.tgz$/);
    const large = fresh(".tgz");
    sparse(large, 2 ** 30);
    expect(await bundled(large)).toMatch(/^bundle: .* has more than 8388608 bytes/);
  });
});

describe("a folder with code", () => {
  test("with links: out of it, to itself, to a folder, to nothing", async () => {
    writeFileSync("outside.js", secret);
    for (const [target, expected] of [
      [join(account.folder, "outside.js"), /^bundle: x\.js is a link out of the folder$/],
      ["../outside.js", /^bundle: x\.js is a link out of the folder$/],
      ["x.js", /^bundle: .*x\.js.* can't be read \(ELOOP\)$/],
      [".", /^bundle: x\.js is a link to a folder$/],
      ["nowhere", /^bundle: there is no folder or file .*x\.js/],
    ] as const) {
      const name = codeFolder();
      symlinkSync(target, join(name, "x.js"));
      const answer = await bundled(name);
      expect(answer).toMatch(expected);
      expect(answer).not.toContain(secret);
    }
  });

  test("with a pipe, a socket, a folder named main.js, a file that nobody may read", async () => {
    const piped = codeFolder();
    execFileSync("mkfifo", [join(piped, "x.js")]);
    expect(await bundled(piped)).toBe("bundle: x.js is neither a file nor a folder");
    expect(await bundled({ ...code, "x.js": { file: join(piped, "x.js") } })).toMatch(
      /^bundle: x\.js: .* is not a file$/,
    );
    const listened = codeFolder();
    const listening = await socket(join(listened, "x.js"));
    expect(await bundled(listened)).toBe("bundle: x.js is neither a file nor a folder");
    listening.close();
    const odd = fresh();
    mkdirSync(join(odd, "main.js"), { recursive: true });
    writeFileSync(join(odd, "bundle.json"), code["bundle.json"]);
    expect(await bundled(odd)).toMatch(/^bundle: MISSING_MANDATORY_FILES: main\.js is missing/);
    const closed = codeFolder({ "x.js": "1" });
    chmodSync(join(closed, "x.js"), 0);
    // The administrator may read everything.
    expect(await bundled(closed)).toMatch(
      process.getuid?.() === 0 ? /^accepted$/ : /^bundle: x\.js can't be read \(EACCES\)$/,
    );
  });

  test("with ten thousand files more, and with a file of a gigabyte", async () => {
    const many = codeFolder();
    for (let index = 0; index < 10_000; index += 1) writeFileSync(join(many, `${index}.txt`), "");
    expect(await bundled(many)).toBe("bundle: there are more than 10000 files in it");
    const large = codeFolder();
    sparse(join(large, "x.bin"), 2 ** 30);
    expect(await bundled(large)).toMatch(/^bundle: there are more than 8388608 bytes in it/);
  });
});

test.each([
  "../x.js",
  "/x.js",
  "a//b.js",
  "./../x",
  "a\\b.js",
  "a\u0000.js",
  "",
  ".",
  "constructor/../x",
  "x".repeat(1025),
  "\ufffd",
])("a map of files with the name %j", async (name) => {
  expect(await bundled({ ...code, [name]: "x" })).toMatch(
    /^bundle: .* is not a path that a file of a bundle can have$/s,
  );
});

describe("a bundle.json", () => {
  const manifest = (text: string | Buffer) => bundled(codeFolder({ "bundle.json": text }));
  const invalid = /^bundle: INVALID_MANIFEST: bundle\.json[ ,]/;
  test.each([
    ["a list", "[]"],
    ["null", "null"],
    ["a number", "1"],
    ["text", '"x"'],
    ["nothing", ""],
    ["a hundred thousand levels deep", deepJson(100_000)],
    ["a hundred thousand levels deep inside", `{"edgeworker-version":"1.0","misc":${deepJson(100_000)}}`],
    ["lists of that depth", `{"edgeworker-version":"1.0","misc":{"x":${deepJson(100_000, "[")}}}`],
    ["cut off", '{"edgeworker-version":"1'],
    ["no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ["a version that is a number", '{"edgeworker-version":1}'],
    ["a version of two dots", '{"edgeworker-version":"1..0"}'],
    ["a version that leads out of the folder", '{"edgeworker-version":"../x"}'],
    ["a bundle version of text", '{"edgeworker-version":"1.0","bundle-version":"1"}'],
    ["a bundle version of 0", '{"edgeworker-version":"1.0","bundle-version":0}'],
    ["an infinite bundle version", '{"edgeworker-version":"1.0","bundle-version":1e999}'],
    ["an API version of letters", '{"edgeworker-version":"1.0","api-version":"x"}'],
    ["a description that is a list", '{"edgeworker-version":"1.0","description":[]}'],
    ["misc that is a list", '{"edgeworker-version":"1.0","misc":[]}'],
    ["a flag of text", '{"edgeworker-version":"1.0","invoke-for-edgeworker-clients":"true"}'],
    ["config that is null", '{"edgeworker-version":"1.0","config":null}'],
    ["dependencies of text", '{"edgeworker-version":"1.0","dependencies":"x"}'],
  ])("that is %s", async (_what, text) => expect(await manifest(text)).toMatch(invalid));

  test("of ten megabytes", async () => {
    expect(await manifest(`{"edgeworker-version":"1.0","description":"${"x".repeat(10_485_760)}"}`)).toMatch(
      /^bundle: there are more than 8388608 bytes/,
    );
    expect(await manifest(`{"edgeworker-version":"1.0","description":"${"x".repeat(2_097_152)}"}`)).toMatch(
      /^bundle: MAX_UNCOMPRESSED_SIZE_EXCEEDED/,
    );
  });

  test("with a name twice, or names that objects inherit", async () => {
    expect(await manifest('{"edgeworker-version":"0.9","edgeworker-version":"1.0"}')).toMatch(invalid);
    expect(await manifest(`\ufeff${code["bundle.json"]}`)).toBe("accepted");
    expect(await manifest('{"edgeworker-version":"1.0","misc":{"constructor":1,"toString":"x"}}')).toBe(
      "accepted",
    );
    // The version is what the manifest says itself, and nothing that it could inherit.
    const inherited = codeFolder({ "bundle.json": '{"__proto__":{"edgeworker-version":"9.0"}}' });
    expect(await checkOutcome("edgeworkers:Version", { edgeWorkerId: 54_321, bundle: inherited })).toMatch(
      /^version: version is required/,
    );
  });
});

describe("an edgekv_tokens.js", () => {
  const library = {
    "main.js": 'import "./edgekv.js";\n',
    "edgekv.js": 'import { edgekv_access_tokens } from "./edgekv_tokens.js";\n',
  };
  const tokens = (text: string) => bundled(codeFolder({ ...library, "edgekv_tokens.js": text }));
  const exported = "export { edgekv_access_tokens };";
  const around = (object: string) => `var edgekv_access_tokens = ${object}\n${exported}\n`;
  test.each([
    ["code", around(`{ "namespace-a": (() => { globalThis.wasRun = true; return {}; })() }`)],
    ["code behind the object", `${around("{}")}; globalThis.wasRun = true;`],
    ["another name", "export const tokens = {};"],
    ["a comment", around('{ "namespace-a": { "name": "x" /* secret */ } }')],
    ["a list", around('{ "namespace-a": [] }')],
    ["null", around('{ "namespace-a": null }')],
    ["a name that is a number", around('{ "namespace-a": { "name": 1, "reference": "x" } }')],
    ["a hundred thousand levels", around(`{ "namespace-a": ${deepJson(100_000)} }`)],
    ["many beginnings and no end", "edgekv_access_tokens={".repeat(40_000)],
    ["many beginnings and ends", `edgekv_access_tokens={}${exported}`.repeat(18_000)],
    ["many brackets", around(`{${"}".repeat(900_000)}`)],
    ["blanks", `var edgekv_access_tokens = {}${" ".repeat(900_000)}x ${exported}`],
  ])("with %s", async (_what, text) => {
    expect(await tokens(text)).toMatch(
      /^bundle: .*(ACCESS_TOKEN_|STATIC_VALIDATION_FAILED|edgekv_tokens.js (has|is|sets) )/,
    );
    expect((globalThis as { wasRun?: unknown }).wasRun).toBeUndefined();
  });

  test("with a syntax error, or five megabytes", async () => {
    expect(await tokens("var edgekv_access_tokens = {")).toMatch(
      /^bundle: .*(STATIC_VALIDATION_FAILED|ACCESS_TOKEN_INVALID)/,
    );
    expect(
      await tokens(around(`{ "namespace-a": { "name": "${"x".repeat(5_242_880)}", "reference": "y" } }`)),
    ).toMatch(/^bundle: MAX_UNCOMPRESSED_SIZE_EXCEEDED/);
  });

  test("with names that objects inherit", async () => {
    const answer = await tokens(
      around('{ "__proto__": { "name": "a", "reference": "b" }, "constructor": { "toString": "x" } }'),
    );
    expect(answer).toMatch(
      /^bundle: ACCESS_TOKEN_INVALID: .* the entry constructor of edgekv_tokens\.js has no name/,
    );
    expect(({} as { reference?: unknown }).reference).toBeUndefined();
  });
});

describe("a file with items", () => {
  const mega = 1_048_576;
  const manyColumns = isFull ? 2_000_000 : 200_000;
  test.each<[what: string, end: string, content: () => string | Buffer, expected: RegExp]>([
    [
      "one quotation mark and no end",
      ".csv",
      () => `key,value\na,"${"x".repeat(20 * mega)}`,
      /line \d+ begins a record of more than/,
    ],
    [
      "quotation marks only",
      ".csv",
      () => '"'.repeat(2 * mega + 1),
      /line \d+ has a misplaced quotation mark|names no column key/,
    ],
    ["a quotation mark inside", ".csv", () => 'key,value\na,b"c\n', /line 2 has a misplaced quotation mark/],
    ["NULs", ".csv", () => "key,value\na\u0000b,c\n", /the key "a\\u0000b" must be 1 to 512/],
    ["a key twice", ".csv", () => "key,value\na,1\na,2\n", /the key a occurs more than once/],
    [
      "very many columns",
      ".csv",
      () => `${"c,".repeat(manyColumns)}key\n`,
      /names [0-9,]+,001 columns: at most 10,000 are supported/,
    ],
    [
      "very many columns behind the first line",
      ".csv",
      () => `key,value\n${"c,".repeat(manyColumns)}\n`,
      /line 2 has more or fewer fields/,
    ],
    [
      "many bad keys",
      ".csv",
      () => `key,value\n${"a b,c\n".repeat(50_000)}`,
      /line 2: the key "a b" must be .* and 49,995 more like these$/,
    ],
    ["too few fields", ".csv", () => "key,value\na\n", /line 2 has more or fewer fields/],
    ["no UTF-8", ".csv", () => Buffer.from([0x6b, 0xff, 0xfe]), /is not text in UTF-8/],
    ["nothing", ".csv", () => "", /it has no items/],
    ["another kind", ".xml", () => "<a/>", /must end with \.json/],
    [
      "a hundred thousand levels",
      ".ndjson",
      () => `{"key":"a","value":${deepJson(100_000)}}\n`,
      /line 1, column \d+: the text is nested too deep/,
    ],
    [
      "a hundred thousand lists",
      ".ndjson",
      () => `{"key":"a","x":${deepJson(100_000, "[")}}\n`,
      /line 1, column \d+: the text is nested too deep/,
    ],
    [
      "a hundred thousand levels",
      ".json",
      () => `{"a":${deepJson(100_000)}}`,
      /column \d+: the text is nested too deep/,
    ],
    [
      "a hundred thousand lists",
      ".json",
      () => deepJson(100_000, "["),
      /column 1001: the text is nested too deep/,
    ],
    ["no object", ".ndjson", () => "[1]\n", /line 1 is not a JSON object/],
    [
      "a key that is an object",
      ".ndjson",
      () => '{"key":{"toString":"x"},"value":1}\n',
      /line 1 has no key that could be a key/,
    ],
    [
      "no key of its own",
      ".ndjson",
      () => '{"__proto__":{"key":"a","value":"b"}}\n',
      /line 1 has no key that could be a key/,
    ],
    [
      "a name that leads out of the folder",
      ".json",
      () => '{"../../x":"y"}',
      /the key "\.\.\/\.\.\/x" must be 1 to 512/,
    ],
  ])("with %s (%s)", async (_what, end, content, expected) => {
    const answer = await grouped({ file: file(content(), end) });
    expect(answer).toMatch(/^file: /);
    expect(answer).toMatch(expected);
  });

  test.each([".csv", ".ndjson", ".json"])("of a gigabyte in one line (%s)", async (end) => {
    const name = fresh(end);
    sparse(name, 2 ** 30);
    expect(await grouped({ file: name })).toMatch(
      /^file: .*(begins a record of more than|(is|are) read as a whole)/,
    );
  });

  test("whose values have names that objects inherit", async () => {
    const odd =
      '{"key":"__proto__","value":{"__proto__":{"isOdd":true},"constructor":null}}\n{"key":"constructor","toString":1}\n';
    expect(await grouped({ file: file(odd, ".ndjson") })).toBe("accepted");
    expect(({} as { isOdd?: unknown }).isOdd).toBeUndefined();
  });

  test("that is a pipe, a socket, a device or a folder", async () => {
    const pipe = fresh(".csv");
    execFileSync("mkfifo", [pipe]);
    const listening = await socket(fresh(".csv"));
    const device = fresh(".csv");
    symlinkSync("/dev/zero", device);
    const inner = fresh(".csv");
    mkdirSync(inner);
    for (const name of [pipe, String(listening.address()), device, inner])
      expect(await grouped({ file: name })).toMatch(/^file: .* is not a regular file$/);
    listening.close();
  });
});

test("a folder with items: links out of it and in circles, pipes, folders, a file of a gigabyte", async () => {
  writeFileSync("outside.txt", secret);
  const holding = (put: (path: string) => void) => {
    const name = fresh();
    mkdirSync(name);
    put(join(name, "x.txt"));
    return grouped({ folder: name });
  };
  expect(await holding((path) => symlinkSync(join(account.folder, "outside.txt"), path))).toMatch(
    /^folder: x\.txt in .* is a link out of the folder$/,
  );
  expect(await holding((path) => symlinkSync("x.txt", path))).toMatch(/^folder: .* can't be read \(ELOOP\)$/);
  expect(await holding((path) => execFileSync("mkfifo", [path]))).toMatch(
    /^folder: x\.txt in .* is not a regular file/,
  );
  expect(await holding((path) => mkdirSync(path))).toMatch(/^folder: x\.txt in .* is not a regular file/);
  expect(await holding((path) => sparse(path, 2 ** 30))).toMatch(
    /^folder: x\.txt in .* has 1,073,741,824 bytes/,
  );
  expect(await holding((path) => writeFileSync(path.replace(/txt$/, "json"), deepJson(100_000)))).toMatch(
    /^folder: x\.json, line 1, column \d+: the text is nested too deep$/,
  );
  expect(await holding((path) => writeFileSync(path, ""))).toBe("accepted");
});
