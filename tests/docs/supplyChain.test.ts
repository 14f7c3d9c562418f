/** What a user gets with the package: the same bytes each time, dependencies that are pinned, and nothing of the emulator in the provider. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/root";

const read = (path: string) => readFileSync(join(root, path), "utf8");

test("every entry of the lock file has the digest of its package, and names no registry", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { integrity?: string; link?: true; resolved?: string }>;
  };
  const loose = Object.entries(packages).filter(
    ([path, { integrity = "", link }]) =>
      path !== "" && link !== true && !/^sha512-[\w+/]{86}==/.test(integrity),
  );
  expect(loose.map(([path]) => path)).toEqual([]);
  expect(Object.values(packages).filter(({ resolved = "" }) => resolved.includes("//"))).toEqual([]);
});

/** Packages that the emulator and the command need, and the provider does not. */
const notOfProvider = ["fastify", "selfsigned", "rfc6902", "commander"];

test("the provider loads no package that only the emulator or the command needs", () => {
  const program = `
    require(${JSON.stringify(join(root, "dist", "provider", "dynamic.js"))});
    process.stdout.write(JSON.stringify(Object.keys(require.cache)));`;
  const loaded = JSON.parse(
    execFileSync(process.execPath, ["-e", program], { encoding: "utf8" }),
  ) as string[];
  expect(loaded.length).toBeGreaterThan(100);
  const folders = new Set(
    loaded.flatMap((path) => /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path)?.[1] ?? []),
  );
  expect(notOfProvider.filter((name) => folders.has(name))).toEqual([]);
  expect(loaded.filter((path) => /[\\/]dist[\\/](emulator|cli)[\\/]/.test(path))).toEqual([]);
});

test("npm pack twice gives the same bytes, whenever the files were built", () => {
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-pack-"));
  const pack = (): string => {
    const args = ["pack", root, "--json", "--ignore-scripts", "--pack-destination", folder];
    const printed = execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const [{ filename = "" } = {}] = JSON.parse(printed) as { filename?: string }[];
    return createHash("sha256")
      .update(readFileSync(join(folder, filename)))
      .digest("hex");
  };
  try {
    const first = pack();
    const built = join(root, "dist", "provider", "registry.js");
    const later = new Date(Date.now() + 5000);
    utimesSync(built, later, later);
    expect(pack()).toBe(first);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
