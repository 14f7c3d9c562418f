/** Seed files, settings, faults, clock and state from outside: the message names source, key and what is allowed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "../../emulator";
import { Bench } from "./support/client";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "emulator-seed-"));
  file = join(folder, "seed.json");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Words of the validator, which say nothing to a user. */
const jargon = /Invalid|expected|received|Unrecognized|✖|Too small|undefined|ZodError|ENOENT|EISDIR/;

async function refusal(options: Parameters<typeof startEmulator>[0]): Promise<string> {
  const error = await startEmulator(options).then(
    () => "it started",
    (failure: Error) => failure.message,
  );
  expect(error).not.toMatch(jargon);
  return error;
}

const seed = (content: unknown) => {
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return refusal({ seedFile: file });
};

test.each([
  [
    { settings: { namespacesPerNetwork: "many" } },
    'settings.namespacesPerNetwork must be a whole number of at least 0, not "many".',
  ],
  [
    { settings: { namespacesPerNetwork: 1.5 } },
    "settings.namespacesPerNetwork must be a whole number of at least 0, not 1.5.",
  ],
  [
    { settings: { namespacesPerNetwork: -1 } },
    "settings.namespacesPerNetwork must be a whole number of at least 0, not -1.",
  ],
  [{ settings: { itemRatePerSecond: 0 } }, "settings.itemRatePerSecond must be a number above 0, not 0."],
  [{ settings: { initialized: "yes" } }, 'settings.initialized must be true or false, not "yes".'],
  [{ settings: { initialised: true } }, "settings.initialised is not known; did you mean initialized?"],
  [
    { settings: { deactivationEndsAs: "DONE" } },
    'settings.deactivationEndsAs must be one of ACTIVE, DEACTIVATED, not "DONE".',
  ],
  [{ settings: { activationWarnings: "w" } }, 'settings.activationWarnings must be a list, not "w".'],
  [{ settings: [] }, "settings must be an object, not a list."],
  [
    { groups: [{ groupId: "7", groupName: "G" }] },
    'groups[0].groupId must be a whole number above 0, not "7".',
  ],
  [{ groups: [{ groupId: 7 }] }, "groups[0].groupName is missing: it must be a text."],
  [{ groups: { groupId: 7 } }, "groups must be a list, not an object."],
  [{ grops: [] }, "grops is not known; did you mean groups?"],
  [
    { clients: { "team-a": { grants: { edgekv: "WRITE" }, viewCpCodes: true } } },
    'clients["team-a"].grants.edgekv must be one of READ-WRITE, READ-ONLY, not "WRITE".',
  ],
  [{ edgekv: { namespaces: { staging: 3 } } }, "edgekv.namespaces.staging must be an object, not 3."],
  [{ now: null }, "now must be a number, not null."],
])("seed %j", async (content, message) => {
  expect(await seed(content)).toBe(`The seed file ${file} is not a state of the emulator: ${message}`);
});

test("every wrong key has a line, and a long value is cut", async () => {
  const message = await seed({ settings: { legacyTokens: 1, edgeWorkerIds: "x".repeat(500) } });
  expect(message.split("\n")).toEqual([
    `The seed file ${file} is not a state of the emulator:`,
    "  settings.legacyTokens must be true or false, not 1",
    `  settings.edgeWorkerIds must be a whole number of at least 0, not "${"x".repeat(59)}…`,
  ]);
});

test.each([
  ["", "is empty: it must hold JSON."],
  ['{\n  "settings": {,}\n}', "is not JSON: line 2, column 16."],
  ["{", "is not JSON"],
  ["[]", "must hold an object with a part of the state: now, prng, accountId, settings, "],
  ["3", "must hold an object with a part of the state"],
  ["null", "must hold an object with a part of the state"],
])("seed file %j", async (text, message) => {
  expect(await seed(text)).toContain(`The seed file ${file} ${message}`);
});

test("a seed file in UTF-16, or in no Unicode, is reported as such", async () => {
  writeFileSync(file, Buffer.from('\uFEFF{"now":1}', "utf16le"));
  expect(await refusal({ seedFile: file })).toBe(
    `The seed file ${file} is not UTF-8 (it looks like UTF-16). Save it as UTF-8.`,
  );
  writeFileSync(file, Buffer.from('{"now":"\xE4"}', "latin1"));
  expect(await refusal({ seedFile: file })).toBe(`The seed file ${file} is not UTF-8. Save it as UTF-8.`);
});

test("a byte order mark is no error; a folder and a missing file are named", async () => {
  writeFileSync(file, "\uFEFF{}");
  await (await startEmulator({ seedFile: file })).close();
  expect(await refusal({ seedFile: folder })).toBe(
    `The seed file ${folder} can't be read: it is a directory.`,
  );
  const missing = join(folder, "missing");
  expect(await refusal({ seedFile: missing })).toBe(
    `The seed file ${missing} can't be read: it does not exist.`,
  );
});

test("settings of startEmulator, and a kept state", async () => {
  expect(await refusal({ settings: { namespacesPerNetwork: -1 } })).toBe(
    "The settings are not valid: settings.namespacesPerNetwork must be a whole number of at least 0, not -1.",
  );
  const dir = join(folder, "kept");
  await (await startEmulator({ dir, persist: true })).close();
  writeFileSync(join(dir, "state.json"), JSON.stringify({ now: "later" }));
  expect(await refusal({ dir, persist: true })).toContain(
    `${join(dir, "state.json")} is not a state of the emulator:\n  now must be a number, not "later"`,
  );
});

test("a port that is taken", async () => {
  const emulator = await startEmulator();
  const port = Number(emulator.host.split(":")[1]);
  expect(await refusal({ port })).toBe(
    `port ${port} is in use. Choose another one, or leave it out for a free one.`,
  );
  await emulator.close();
});

describe("control requests", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.start();
  });
  afterAll(() => bench.close());

  const kinds = "status, reset-before, reset-after, hang, slow, drip, stale";
  test.each([
    ["/faults", { kind: "explode" }, `not a fault: kind must be one of ${kinds}, not "explode".`],
    ["/faults", {}, `not a fault: kind is missing: it must be one of ${kinds}.`],
    [
      "/faults",
      [{ kind: "hang" }, { kind: "slow", delayms: 3 }],
      "not a fault: [1].delayms is not known; did you mean delayMs?",
    ],
    [
      "/faults",
      { kind: "status", status: 99 },
      "not a fault: status must be a whole number from 200 to 599, not 99.",
    ],
    ["/faults", { kind: "status", times: 0 }, "not a fault: times must be a whole number above 0, not 0."],
    [
      "/faults",
      { kind: "hang", method: "FETCH" },
      'not a fault: method must be one of GET, HEAD, POST, PUT, PATCH, DELETE, not "FETCH".',
    ],
    [
      "/faults",
      { kind: "hang", path: "edgekv/v1" },
      'not a fault: path must begin with "/" or "*", not "edgekv/v1".',
    ],
    ["/faults", 3 as never, "not a fault: it must be an object, not 3."],
    [
      "/clock",
      { advanceSeconds: -1 },
      "not a move of the clock: advanceSeconds must be a number of at least 0, not -1.",
    ],
    [
      "/clock",
      { advance: 1 },
      "not a move of the clock:\n  advanceSeconds is missing: it must be a number of at least 0\n  advance is not known; there are advanceSeconds",
    ],
    ["/clock", { advanceSeconds: 1e15 }, "the clock ends with the year 9999"],
  ])("POST %s %j", async (path, body, detail) => {
    const { status, json } = await bench.control("POST", path, body);
    expect([status, json.detail]).toEqual([400, detail]);
    expect((await bench.control("GET", "/faults")).json).toEqual([]);
  });

  test("PUT /state", async () => {
    const { json } = await bench.control("PUT", "/state", {
      ...(bench.emulator.state.get() as object),
      now: "x",
    });
    expect(json.detail).toBe(
      'The given value is not a state of the emulator: now must be a number, not "x".',
    );
  });
});
