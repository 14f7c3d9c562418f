import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { registry } from "../../provider/registry";
import { filesOf, pages } from "../../scripts/docs";
import { fieldComments } from "../../scripts/docs/source";
import { root } from "../../scripts/root";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const tokens = [...registry.keys()];

/** Every Markdown file that a reader of the project comes across. */
const texts = [
  "README.md",
  "CHANGELOG.md",
  "emulator/README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

test.each(tokens)("%s has a page, an example and notes on its life", (token) => {
  const { page, example, notes } = filesOf(token);
  expect([page, example, notes].filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test.each(tokens)("every field of %s has a description", (token) => {
  const { contract, noun } = filesOf(token);
  for (const part of ["Args", "Computed", "Outputs"]) {
    const comments = fieldComments(contract.map(read), noun + part);
    expect([...comments].filter(([, text]) => text === "").map(([field]) => field)).toEqual([]);
  }
});

test("the committed pages are what the sources say now", () => {
  const stale = [...pages(read)].filter(([path, text]) => !existsSync(join(root, path)) || read(path) !== text).map(([path]) => path);
  if (stale.length > 0) throw new Error(`run npm run docs: ${stale.join(", ")} ${stale.length > 1 ? "are" : "is"} not up to date`);
});

test("there is no page of a resource that does not exist", () => {
  const made = [...pages(read).keys()];
  expect(texts.filter((file) => file.startsWith(join("docs", "resources")) && !made.includes(file.replaceAll("\\", "/")))).toEqual([]);
});

test.each(texts)("every link inside the project in %s leads somewhere", (file) => {
  const broken = [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !leadsSomewhere(file, target));
  expect(broken).toEqual([]);
});

test.each(texts)("%s names no folder of a machine", (file) => {
  expect(read(file).match(/(?<![\w.:/-])\/(?:home|root|work|tmp|Users|private|var)\/[^\s`")]*|\/shared\/[^\s`")]*/g) ?? []).toEqual([]);
});

/** Whether a relative link names a file of the project, and a heading in it where it names one. */
function leadsSomewhere(file: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? file : relative(root, join(root, dirname(file), path));
  if (target.startsWith("..") || !existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return headings.map(slug).includes(anchor);
}

/** The anchor that a heading gets on GitHub. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}
