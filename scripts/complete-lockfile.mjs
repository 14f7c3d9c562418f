// npm leaves out of package-lock.json the optional packages of other platforms that the registry at hand does not offer, and
// `npm ci` then refuses the file everywhere. This writes the missing entries: their exact versions stand with the package
// that wants them, and their names say which platform they are for. Run it after `npm install` has changed the lock file.
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
    const entry = { version, cpu: [cpu], ...(wanting.dev ? { dev: true } : {}), optional: true, os: [os], ...libc };
    lock.packages[`node_modules/${name}`] = entry;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
