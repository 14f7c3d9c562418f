/** `akamai-edge adopt` against an emulator in process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transpileModule } from "typescript";
import { parse } from "yaml";
import { type AdoptOptions, adopt } from "../../../cli/adopt/adopt";
import { site } from "../../support/handMadeSite";
import { TestEngine } from "../../support/testEngine";
import { Stack } from "../../support/testEngine/orderedStack";

let engine: TestEngine;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function adopted(options: Partial<AdoptOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "adopt-"));
  folders.push(folder);
  const lines: string[] = [];
  const found = await adopt(
    engine.context,
    folder,
    {
      networks: ["staging", "production"],
      properties: [],
      items: false,
      language: "typescript",
      project: "shop",
      ...options,
    },
    (line) => lines.push(line),
  );
  const files = (readdirSync(folder, { recursive: true, encoding: "utf8" }) as string[]).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  const text = (path: string) => readFileSync(join(folder, path), "utf8");
  return { ...found, folder, files: files.sort(), text, lines };
}

/** A reference in YAML programs. */
const ref = (text: string) => `$${"{"}${text}}`;

/** The program as its compiler sees it. */
const syntaxErrors = (text: string) =>
  transpileModule(text, { reportDiagnostics: true }).diagnostics?.map(({ messageText }) => messageText);

describe("an account that was made by hand", () => {
  beforeAll(async () => {
    engine = await TestEngine.start({ lag: "none" });
    await new Stack(engine).up(site);
    engine.run();
  });
  afterAll(() => engine.close());

  test("becomes a program that changes nothing, and nothing but reads is sent", async () => {
    engine.emulator.clearJournal();
    const { changes, leftOut, resources, text, lines } = await adopted({ properties: ["www.example.com"] });
    expect(changes).toEqual(new Map());
    expect(leftOut).toEqual([]);
    // Searches are the only ones that are not GET.
    expect(engine.changes().filter((line) => !line.endsWith("/search/find-by-value"))).toEqual([]);
    expect(lines).toHaveLength(resources.length);
    const { resources: entries } = JSON.parse(text("import.json"));
    expect(entries).toEqual(
      resources.map(({ token, name, id }) => ({ type: `akamai-edge:${token}`, name, id })),
    );
    expect(entries).toContainEqual({
      type: "akamai-edge:edgekv:Namespace",
      name: "catalog-staging",
      id: "staging/catalog",
    });
  });

  test("in TypeScript: references between resources, and no argument that is a default", async () => {
    const program = (await adopted()).text("index.ts");
    expect(syntaxErrors(program)).toEqual([]);
    expect(program).toContain(`new edgekv.Namespace(
  "catalog-staging",
  { name: "catalog", network: "staging", groupId: 0, retentionInSeconds: 0 },
  { ...options, dependsOn: [database] },
);`);
    expect(program).toContain("restrictToEdgeWorkerIds: [greeter.edgeWorkerId]");
    expect(program).not.toMatch(/deletion|adopt|geoLocation|timeoutSeconds/);
  });

  test("in YAML: the same resources, with references in its form", async () => {
    const { text, resources } = await adopted({ language: "yaml" });
    const project = parse(text("Pulumi.yaml"));
    expect(project).toMatchObject({ name: "shop", runtime: "yaml" });
    expect(Object.keys(project.resources)).toHaveLength(resources.length);
    expect(project.resources.catalogReader).toMatchObject({
      type: "akamai-edge:edgekv:AccessToken",
      properties: { restrictToEdgeWorkerIds: [ref("greeter.edgeWorkerId")] },
      options: { dependsOn: [ref("catalogStaging"), ref("catalogProduction")] },
    });
  });

  test("one network: what is on the other one stays out", async () => {
    const { resources } = await adopted({ networks: ["staging"] });
    const ids = resources.map(({ id }) => id);
    expect(ids).toContain("staging/catalog");
    expect(ids.filter((id) => id.includes("production"))).toEqual([]);
  });

  test("a property that is not there, and a namespace whose delete is scheduled, are left out with the reason", async () => {
    await engine.somebody().send({
      method: "DELETE",
      path: "/edgekv/v1/networks/staging/namespaces/catalog",
    });
    engine.later(600);
    const { leftOut, resources, changes } = await adopted({ properties: ["no.such.property"] });
    expect(leftOut).toEqual([
      {
        object: "namespace staging/catalog",
        reason: "its delete is scheduled: a program that declares it cancels that",
      },
      {
        object: "property no.such.property",
        reason: "there is none of that id, name or hostname",
      },
    ]);
    expect(resources.map(({ id }) => id)).not.toContain("staging/catalog");
    expect(changes).toEqual(new Map());
  });
});

test("an account without EdgeKV and EdgeWorkers: an empty program", async () => {
  engine = await TestEngine.start({ lag: "none", settings: { initialized: false } });
  const { resources, text } = await adopted();
  expect(resources).toEqual([]);
  expect(syntaxErrors(text("index.ts"))).toEqual([]);
  await engine.close();
});

test("names of others can't break the program, and equal names stay apart", async () => {
  engine = await TestEngine.start({ lag: "none" });
  const names = [
    "class",
    "greeter",
    "greeter",
    '"); process.exit(); ("',
    "../../etc",
    `\u202e${ref("x")}`,
    "9lives",
  ];
  for (const name of names) {
    await engine.somebody().send({
      method: "POST",
      path: "/edgeworkers/v1/ids",
      json: { name, groupId: 72297, resourceTierId: 200 },
    });
  }
  const { resources, changes, text } = await adopted();
  expect(changes).toEqual(new Map());
  const workers = resources.filter(({ token }) => token === "edgeworkers:EdgeWorker");
  expect(new Set(workers.map(({ name }) => name)).size).toBe(names.length);
  expect(syntaxErrors(text("index.ts"))).toEqual([]);
  const yaml = parse((await adopted({ language: "yaml" })).text("Pulumi.yaml"));
  expect(Object.values(yaml.resources)).toHaveLength(resources.length);
  await engine.close();
}, 30_000);
