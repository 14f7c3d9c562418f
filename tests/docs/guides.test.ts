/** What an author who has the pages alone has to find there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { propagation } from "../../provider/consistency/propagation";
import { maxRetryAfterMs } from "../../provider/http/limitStrategy";
import { after } from "../../provider/resources/probe/schema";
import { root } from "../../scripts/root";

const read = (path: string) => readFileSync(join(root, path), "utf8");

const guides = readdirSync(join(root, "docs/guides")).filter((file) => file.endsWith(".md"));
const resourcePages = readdirSync(join(root, "docs/resources"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".md"))
  .map((file) => join("docs/resources", file));

test.each(["README.md", "docs/_index.md"])("%s leads to every guide", (page) => {
  const missing = guides.filter((file) => !read(page).includes(`guides/${file})`));
  expect(missing).toEqual([]);
});

test("the guide to rotation begins with what to do after a leak", () => {
  const [, first = "", section = ""] = /^## (.+)\n([\s\S]*?)(?=^## )/m.exec(
    read("docs/guides/token-rotation.md"),
  ) ?? [""];
  expect(first).toMatch(/^Leaked\?/);
  expect(section).toContain("replaceTriggers");
  expect(section).toContain("pulumi up");
});

test.each(["docs/guides/troubleshooting.md", "docs/guides/ci.md"])(
  "%s has pending operations, and what takes them out of the state",
  (page) => {
    expect(read(page)).toMatch(/pending operations/i);
    expect(read(page)).toContain("pulumi refresh --clear-pending-creates");
  },
);

test.each([["docs/resources/edgeworkers/activation.md"], ["docs/resources/property/activation.md"]])(
  "%s has a row for each member of `after` and of its probe",
  (page) => {
    const rows = [...read(page).matchAll(/^\| `(\w+)` +\|/gm)].map(([, name = ""]) => name);
    const members = [...Object.keys(after.shape), ...Object.keys(after.shape.probe.shape)];
    expect(members.filter((name) => !rows.includes(name))).toEqual([]);
  },
);

test.each(resourcePages)("%s shows types as a program writes them, and none of the sources", (page) => {
  const types = [...read(page).matchAll(/^- \*\*`\w+`\*\* \(`([^`]+)`/gm)].map(([, type = ""]) => type);
  expect(types.length).toBeGreaterThan(2);
  expect(types.filter((type) => /typeof |OptionalArgs|AfterArgs|string & \{\}/.test(type))).toEqual([]);
});

test.each(["item", "itemGroup"])("the page of %s takes a Namespace, and the network from it", (noun) => {
  const page = read(`docs/resources/edgekv/${noun}.md`);
  expect(page).toContain("- **`namespace`** (`Namespace | string`");
  expect(/- \*\*`network`\*\*.*<br>\n(.*)/.exec(page)?.[1]).toContain(
    "Default: the network of the `Namespace` in `namespace`",
  );
});

test("the page of the emulator tells how it is installed alone, and what that takes", () => {
  const section = /^## Without Pulumi\n([\s\S]*?)(?=^## )/m.exec(read("docs/emulator/README.md"))?.[1] ?? "";
  expect(section).toContain("npm install --omit=peer");
  expect(section).toMatch(/\d+ MB on disk/);
});

test("the pages know how long a rate limit is waited for", () => {
  const minutes = maxRetryAfterMs / 60_000;
  for (const [page, sentence] of [
    ["docs/guides/troubleshooting.md", `Nothing got through for ${minutes} minutes`],
    ["docs/resources/edgekv/itemGroup.md", `No request got through for ${minutes} minutes`],
    ["docs/resources/edgeworkers/edgeWorker.md", `The run waits up to ${minutes} minutes each time.`],
    ["docs/resources/property/edgeWorkerRules.md", `for its rate limit, up to ${minutes} minutes`],
  ] as const)
    expect([page, read(page).includes(sentence)]).toEqual([page, true]);
  expect(read("docs/resources/edgekv/itemGroup.md")).toMatch(
    new RegExp(`^\\| no request gets through +\\| ${minutes} minutes \\|$`, "m"),
  );
});

const allPages = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

test.each(allPages)("each row of a table in %s has a cell for every column", (page) => {
  const lines = read(page).split("\n");
  const cells = (line: string) => line.match(/(?<!\\)\|/g)?.length ?? 0;
  const uneven = lines.filter((line, index) => {
    const above = lines[index - 1] ?? "";
    return line.startsWith("|") && above.startsWith("|") && cells(line) !== cells(above);
  });
  expect(uneven).toEqual([]);
});

test.each([
  ["edgekv/accessToken", "a new or refreshed token becomes `COMPLETE`", propagation.tokenActivated],
  ["edgekv/database", "initialization", propagation.databaseInitialized],
  ["edgekv/database", "a changed policy shows on all replicas", propagation.databasePolicyChanged],
  ["edgekv/item", "a read shows the item", propagation.itemPropagated],
  ["edgekv/itemGroup", "reads show what was written", propagation.itemPropagated],
  ["edgekv/itemGroup", "an upload ends", propagation.uploadEnded],
  ["edgekv/itemGroup", "uploads of another run end", propagation.earlierUploadEnded],
  ["edgekv/namespace", "a new namespace shows on all replicas", propagation.namespaceExistence],
  ["edgekv/namespace", "access group, retention, cancelled delete", propagation.namespaceChanged],
  ["edgekv/namespace", "two downloads agree, for a snapshot", propagation.dataSettled],
  ["edgeworkers/edgeWorker", "reads show the EdgeWorker, or what was set", propagation.edgeWorkerChanged],
  ["edgeworkers/version", "each token is `COMPLETE`, before packing", propagation.tokenActivated],
  ["edgeworkers/version", "reads show the uploaded version", propagation.edgeWorkerChanged],
])("the page of %s knows how long a wait takes at most: %s", (page, wait, { seconds }) => {
  const row = read(`docs/resources/${page}.md`)
    .split("\n")
    .find((line) => line.startsWith(`| ${wait} `));
  expect(row?.split(" | ")[1]).toMatch(new RegExp(`^${seconds / 60} minutes\\b`));
});
