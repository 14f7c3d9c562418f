// npm leaves optional packages of other platforms out of package-lock.json when its registry does not offer
// them. `npm ci` then refuses the file everywhere. This adds the missing entries: the package that needs them
// has their exact versions, and their names have the platform. Run it after `npm install` has changed the
// lock file.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const operatingSystems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors = ["arm64", "arm", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"];

for (const [path, wanting] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(wanting.optionalDependencies ?? {})) {
    if (lock.packages[`${path}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`]) continue;
    const words = name.split("/").at(-1).split("-");
    const os = words.find((word) => operatingSystems.includes(word));
    const cpu = words.find((word) => processors.includes(word));
    if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+$/.test(version))
      throw new Error(`cannot complete ${name}@${version} of ${path}`);
    const libc = os !== "linux" ? {} : { libc: [name.includes("musl") ? "musl" : "glibc"] };
    const entry = {
      version,
      // Without it, any bytes would do. A registry that does not offer the package can't complete the file.
      integrity: execFileSync("npm", ["view", `${name}@${version}`, "dist.integrity"], {
        encoding: "utf8",
      }).trim(),
      cpu: [cpu],
      ...(wanting.dev ? { dev: true } : {}),
      optional: true,
      os: [os],
      ...libc,
    };
    lock.packages[`node_modules/${name}`] = entry;
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
