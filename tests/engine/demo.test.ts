/** `npm run demo`, which asks the site itself on both networks. Its steps prove what their titles promise. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../scripts/root";
import { fullTest } from "../support/extent";

fullTest(
  "the demo goes through, and ends with a real request to the site on both networks",
  () => {
    const demo = join(root, "dist", "scripts", "demo.js");
    const { status, stdout, stderr } = spawnSync(process.execPath, [demo], { encoding: "utf8" });
    if (status !== 0) throw new Error(`${stdout.slice(-4000)}\n${stderr}`);
    expect(stdout).toMatch(/\d+ requests to the site meanwhile: each was answered/);
    expect(stdout).toMatch(
      /12\. .*\n +GET https:\S+ on staging and on production, from Germany: 200 Hallo\n/,
    );
  },
  1_200_000,
);
