/**
 * The examples in other languages, each run as its user runs it: YAML by the plain CLI, Python and Go by Pulumi's Automation API with packages that are made
 * from the schema here. In the full form only: packages are generated, installed and compiled.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registry } from "../../provider/registry";
import { filesOf } from "../../scripts/docs";
import { root } from "../../scripts/root";
import { succeeded } from "../support/engine";
import { isFull } from "../support/extent";
import { LanguageProject } from "../support/languages/languageProject";
import { type Language, missingTool, Toolchains } from "../support/languages/toolchains";
import { ProjectTest } from "../support/project";
import { holdings } from "../support/testEngine/account";

const missing = isFull ? missingTool() : undefined;
if (missing !== undefined) process.stderr.write(`Other languages are not tested: ${missing}.\n`);
const languageTest = isFull && missing === undefined ? test : test.skip;

const languages: readonly Language[] = ["yaml", "python", "go"];
const site = "full-site";
const examples = [...registry.keys()].map((token) => filesOf(token).folder);

let folder: string;
let tools: Toolchains | undefined;
let project: LanguageProject | ProjectTest | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-languages-"));
  if (isFull && missing === undefined) tools = await Toolchains.make(folder, [...examples, site]);
}, 1_800_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await project?.close();
  project = undefined;
});

async function start(language: Language, example: string): Promise<LanguageProject> {
  if (tools === undefined) throw new Error("nothing was made");
  const started = await LanguageProject.start(language, example, tools);
  project = started;
  return started;
}

describe.each(languages)("in %s", (language) => {
  languageTest.each(examples)(
    "%s: preview, up, nothing more to do, destroy",
    async (example) => {
      const one = await start(language, example);
      const previewed = await one.run("preview");
      expect(previewed).toEqual({ create: expect.any(Number) });
      expect(one.changes()).toEqual([]);
      expect(await one.run("up")).toEqual(previewed);
      // The stack is one too.
      expect(one.resources().length).toBe((previewed.create ?? 0) - 1);
      expect(await one.run("preview")).toEqual({});
      await one.run("destroy");
      expect(one.resources()).toEqual([]);
    },
    600_000,
  );
});

languageTest(
  "a program in YAML looks up what it makes itself, from its first preview on",
  async () => {
    const one = await start("yaml", "functions");
    await one.run("preview");
    expect(one.changes()).toEqual([]);
    await one.run("up");
    expect(one.outputs()).toMatchObject({
      namespaceStatus: "READY",
      retentionInSeconds: 0,
      namespaces: expect.arrayContaining([expect.objectContaining({ name: "features" })]),
    });
    // The account has EdgeKV now.
    await one.run("up");
    expect(one.outputs()).toMatchObject({ accountStatusBefore: "INITIALIZED" });
    expect(await one.run("preview")).toEqual({});
    await one.run("destroy");
  },
  600_000,
);

/** What the account holds after each step. */
type Held = readonly object[];

/** A site goes live on both networks, gets another permission, and is taken down. */
async function heldByTypeScript(): Promise<Held> {
  const one = await ProjectTest.start(join(root, "examples", site), { settings: { initialized: false } });
  project = one;
  const held: object[] = [];
  const up = async () => {
    await succeeded(one.up({ transpileOnly: true }));
    held.push(holdings(one.emulator));
  };
  await up();
  await one.setConfig("permissions", '["r","w"]');
  await up();
  await one.setConfig("akamai-edge:takeDown", "true");
  await up();
  await succeeded(one.destroy());
  return [...held, holdings(one.emulator)];
}

async function heldBy(language: Language): Promise<Held> {
  const one = await start(language, site);
  const held: object[] = [];
  const up = async () => {
    expect(await one.run("up")).not.toEqual({});
    held.push(holdings(one.emulator));
  };
  await one.run("preview");
  expect(one.changes()).toEqual([]);
  await up();
  expect(await one.run("up")).toEqual({});
  if (language === "yaml")
    for (const [at, letter] of ["r", "w"].entries()) one.set(`permissions[${at}]`, letter);
  else one.set("permissions", '["r","w"]');
  await up();
  one.set("akamai-edge:takeDown", "true");
  await up();
  await one.run("destroy");
  expect(one.resources()).toEqual([]);
  return [...held, holdings(one.emulator)];
}

describe("the whole site", () => {
  let expected: Held | undefined;

  languageTest.each(languages)(
    "from %s leaves the account as the program in TypeScript does, step by step",
    async (language) => {
      if (expected === undefined) {
        expected = await heldByTypeScript();
        await project?.close();
      }
      const held = await heldBy(language);
      expect(held.length).toBe(expected.length);
      for (const [step, one] of held.entries()) expect([step, one]).toEqual([step, expected[step]]);
    },
    900_000,
  );
});
