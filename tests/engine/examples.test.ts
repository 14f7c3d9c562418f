import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/root";
import { type Adapter, adapterOfRun } from "../support/adapters";
import { changed, succeeded } from "../support/engine";
import { fullTest, isFull } from "../support/extent";
import { ProjectTest } from "../support/project";

const examples = readdirSync(join(root, "examples")).map((name) => `examples/${name}`);
/** The program of the checkout's root; it takes long, so its whole scenario runs from there only. */
const fullSite = "examples/full-site";
/** The folders of the checkout in which somebody may type `pulumi up`. */
const projects = [...examples.filter((folder) => folder !== fullSite), "."];

/**
 * In the full form each program, by the adapter of the run. The root's program has every resource, so `npm test` takes it through its whole life by a dynamic
 * provider, and previews one of each other kind. By the plugin it takes the shortest one.
 */
const wholeScenario: readonly (readonly [folder: string, adapter: Adapter])[] = isFull
  ? projects.map((folder) => [folder, adapterOfRun])
  : [
      [".", "dynamic"],
      ["examples/namespace", "native"],
    ];
/** One with a file beside it, and one whose code is made by the program. */
const previewedOnly = isFull ? [] : ["itemGroup", "version"].map((name) => `examples/${name}`);

/** What a destroy needs first: an EdgeWorker stays while live rules send requests to it. */
const beforeDestroy: Readonly<Record<string, readonly [key: string, value: string]>> = {
  ".": ["greeter", "off"],
};

let project: ProjectTest | undefined;
afterEach(async () => {
  await project?.close();
  project = undefined;
});

test.each(wholeScenario)(
  "%s runs on a new account by the %s adapter: preview, up, nothing more to do, destroy",
  async (folder, adapter) => {
    project = await ProjectTest.start(join(root, folder), { settings: { initialized: false } }, adapter);
    const previewed = await succeeded(project.preview());
    expect(project.changes()).toEqual([]);
    expect(changed(previewed).length).toBeGreaterThan(0);
    expect(changed(await succeeded(project.up({ transpileOnly: true }))).sort()).toEqual(
      changed(previewed).sort(),
    );
    expect(new Set(project.resources().map(({ type }) => type.split(":")[0]))).toEqual(
      new Set([adapter === "native" ? "akamai-edge" : "pulumi-nodejs"]),
    );
    expect(changed(await succeeded(project.up({ transpileOnly: true })))).toEqual([]);
    const setting = beforeDestroy[folder];
    if (setting !== undefined) {
      await project.setConfig(...setting);
      expect(changed(await succeeded(project.up({ transpileOnly: true }))).length).toBeGreaterThan(0);
      if (isFull) expect(changed(await succeeded(project.up({ transpileOnly: true })))).toEqual([]);
    }
    const destroyed = changed(await succeeded(project.destroy())).sort();
    expect(destroyed).toEqual(
      changed(previewed)
        .map((step) => step.replace(/^create /, "delete "))
        .sort(),
    );
    expect(project.resources()).toEqual([]);
    // The whole site goes live twice, and is taken down.
  },
  300_000,
);

if (previewedOnly.length > 0)
  test.each(previewedOnly)("%s is previewed on a new account, and nothing is sent", async (folder) => {
    project = await ProjectTest.start(join(root, folder), { settings: { initialized: false } });
    expect(changed(await succeeded(project.preview())).length).toBeGreaterThan(0);
    expect(project.changes()).toEqual([]);
  });

fullTest("the root runs what examples/full-site runs in its own folder", async () => {
  const previewed: string[][] = [];
  for (const folder of [".", fullSite]) {
    project = await ProjectTest.start(join(root, folder));
    previewed.push(changed(await succeeded(project.preview())).sort());
    await project.close();
    project = undefined;
  }
  const [atRoot, inItsFolder] = previewed;
  expect(atRoot?.length).toBeGreaterThan(15);
  expect(inItsFolder).toEqual(atRoot);
});
