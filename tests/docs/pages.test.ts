import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { registry } from "../../provider/registry";
import { filesOf, pages } from "../../scripts/docs";
import { commentsOf, headings, schemaParts } from "../../scripts/docs/page";
import { root } from "../../scripts/root";

const read = (path: string) => readFileSync(join(root, path), "utf8");

const markdownBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(folder, file).replaceAll("\\", "/"));

/** Every Markdown file that a reader of the project comes across. */
const texts = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "emulator/README.md",
  ...markdownBelow("docs"),
];

/** The headings of a level, outside of code. */
function headingsOf(text: string, level: number): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(new RegExp(`^#{${level}} (.+)$`, "gm"))].map(([, heading = ""]) => heading);
}

describe.each([...registry])("%s", (token, resource) => {
  const { page, example, folder, prose, contract, product, title, noun } = filesOf(token);

  test("has a page, an example and prose beside its code", () => {
    expect(
      [page, example, `examples/${folder}/Pulumi.yaml`, prose].filter(
        (file) => !existsSync(join(root, file)),
      ),
    ).toEqual([]);
  });

  test("has a row in the README and a link in the overview", () => {
    expect(read("README.md")).toContain(`| [\`${product}.${title}\`](${page})`);
    expect(read("docs/_index.md")).toContain(`](${page.replace(/^docs\//, "")})`);
  });

  test("has every heading on its page, in the order of the registry", () => {
    const found = headingsOf(read(page), 2);
    expect(found.filter((heading) => headings.some((one) => one === heading))).toEqual([...headings]);
  });

  test("has no empty section on its page", () => {
    const empty = read(page).match(/^## .+\n\n(?=## |$(?![\s\S]))/gm);
    expect(empty).toBeNull();
  });

  test("has a description of every field", () => {
    for (const part of schemaParts) {
      const comments = commentsOf(resource, part, contract.map(read), noun);
      expect(Object.keys(resource[part].shape).filter((field) => (comments.get(field) ?? "") === "")).toEqual(
        [],
      );
    }
  });
});

test("the committed pages are what the sources say now", () => {
  const stale = [...pages(read)]
    .filter(([path, text]) => !existsSync(join(root, path)) || read(path) !== text)
    .map(([path]) => path);
  if (stale.length > 0)
    throw new Error(
      `run npm run docs: ${stale.join(", ")} ${stale.length > 1 ? "are" : "is"} not up to date`,
    );
});

test("there is no page of a resource or of functions that do not exist", () => {
  const made = [...pages(read).keys()];
  expect(
    [...markdownBelow("docs/resources"), ...markdownBelow("docs/functions")].filter(
      (file) => !made.includes(file),
    ),
  ).toEqual([]);
});

test.each([
  ["README.md", 180],
  ["docs/development/architecture.md", 120],
])("%s has at most %i lines", (file, most) => {
  expect(read(file).trimEnd().split("\n").length).toBeLessThanOrEqual(most);
});

test("every decision is one page of nine lines, and they are numbered without a gap", () => {
  const files = readdirSync(join(root, "docs/development/decisions")).sort();
  expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
  for (const [index, file] of files.entries()) {
    const lines = read(`docs/development/decisions/${file}`).trimEnd().split("\n");
    expect([file, lines.length, lines[0]?.startsWith(`# ${index + 1}. `)]).toEqual([file, 9, true]);
  }
});

test("the package carries every page that its own pages lead to, but for those of the project", () => {
  const { files } = JSON.parse(read("package.json")) as { files: string[] };
  const missing = markdownBelow("docs").filter(
    (file) =>
      !file.startsWith("docs/development/") &&
      !files.some((entry) => file === entry || file.startsWith(`${entry}/`)),
  );
  expect(missing).toEqual([]);
});

test("every image that a page shows is there, and no image is left that none shows", () => {
  const shown = texts.flatMap((file) =>
    [...read(file).matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, target = ""]) =>
      relative(root, join(root, dirname(file), target)),
    ),
  );
  expect(shown.filter((image) => !existsSync(join(root, image)))).toEqual([]);
  const images = readdirSync(join(root, "docs/images")).map((file) => join("docs/images", file));
  expect(images.filter((image) => !shown.includes(image))).toEqual([]);
});

test.each(texts)("every link inside the project in %s leads somewhere", (file) => {
  const broken = [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !leadsSomewhere(file, target));
  expect(broken).toEqual([]);
});

/** The code in a column of the tables below a heading, message by message. */
function messagesBelow(page: string, heading: string, column: number): string[] {
  const from = page.indexOf(`\n## ${heading}\n`);
  const section = page.slice(from, page.indexOf("\n## ", from + 1));
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.flatMap((row) =>
    [...(row.split(" | ")[column] ?? "").matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message),
  );
}

/** The code of the provider, with the quotes in its texts as they are printed. */
const sources = readdirSync(join(root, "provider"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => read(join("provider", file)).replace(/\\(["`])/g, "$1"))
  .join("\n");

test.each([
  ["Before the first request", 0],
  ["At preview, or at the start of `up`", 0],
  ["From the service", 1],
  ["Waits and partial failures", 0],
  ["At a destroy", 0],
  ["The state", 0],
])("troubleshooting quotes the messages as the provider has them: %s", (heading, column) => {
  const messages = messagesBelow(read("docs/guides/troubleshooting.md"), heading, column).filter(
    (message) => !/^[A-Z_]+[\d_]*$/.test(message),
  );
  expect(messages.length).toBeGreaterThan(2);
  const parts = messages.flatMap((message) => message.split("…")).map((part) => part.trim());
  expect(parts.filter((part) => part.length > 8 && !sources.includes(part))).toEqual([]);
});

/** Code in a table can't have a backtick in it. */
const withoutBackticks = sources.replaceAll("`", "");

/** Whether a part of a message is in the sources, if need be in two pieces: a value between them stands for itself. */
function isInSources(part: string): boolean {
  const isText = (text: string) => withoutBackticks.includes(text.trim());
  const breaks = [...part.matchAll(/[ ,]/g)].map(({ index }) => index);
  return isText(part) || breaks.some((at) => isText(part.slice(0, at)) && isText(part.slice(at)));
}

test.each([...registry.keys()])(
  "the table of errors of %s quotes the messages as the provider has them",
  (token) => {
    // What begins with a capital or a number is the service's.
    const messages = messagesBelow(read(filesOf(token).prose), "Errors", 0).filter((message) =>
      /^(… )?[a-z]\S* /.test(message),
    );
    expect(messages.length).toBeGreaterThan(0);
    const parts = messages.flatMap((message) => message.split("…")).map((part) => part.trim());
    expect(parts.filter((part) => part.length > 2 && !isInSources(part))).toEqual([]);
  },
);

const machinePath = /(?<![\w.:/-])\/(?:home|root|work|tmp|Users|private|var)\/[^\s`")]*|\/shared\/[^\s`")]*/g;

test.each([...texts, ...readdirSync(join(root, "docs/images")).map((file) => `docs/images/${file}`)])(
  "%s names no folder of a machine",
  (file) => {
    expect(read(file).match(machinePath) ?? []).toEqual([]);
  },
);

/** Whether a relative link names a file of the project, and a heading in it where it names one. */
function leadsSomewhere(file: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? file : relative(root, join(root, dirname(file), path));
  if (target.startsWith("..") || !existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  const anchors = [1, 2, 3, 4, 5, 6].flatMap((level) => headingsOf(read(target), level)).map(slug);
  return anchors.includes(anchor);
}

/** The anchor that a heading gets on GitHub. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}
