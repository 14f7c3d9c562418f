/**
 * `npm run page-picture`: fills an account of the emulator, opens its page in Chromium, and writes what is seen to
 * docs/images/emulator-page.png. A folder as argument gets more pictures, to look at: a phone, and the dark form.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator } from "../emulator";
import { Chromium, findChromium } from "./chromium";
import { fillAccount } from "./page/account";
import { root } from "./root";

const WIDTH = 1100;
const HEIGHT = 1000;

async function draw(folder: string | undefined): Promise<void> {
  const executable = findChromium();
  if (executable === undefined) throw new Error("there is no Chromium on the PATH. CHROMIUM names one.");
  const emulator = await startEmulator({
    clock: "manual",
    settings: { initialized: true },
    edge: { origins: { "*": "http://127.0.0.1:9" } },
  });
  const browser = await Chromium.start(executable);
  try {
    await fillAccount(emulator);
    const response = await emulator.edge?.fetch("https://www.example.com/hello", {
      location: { country: "DE" },
    });
    await response?.text();
    emulator.faults.add({ kind: "status", status: 503, path: "/edgekv/v1/tokens", method: "POST" });
    await browser.size(WIDTH, HEIGHT);
    await browser.open(emulator.pageUrl);
    await browser.until("document.querySelector('#journal tbody')");
    await browser.evaluate(
      "for (const one of document.querySelectorAll('#properties details, #namespaces details:last-of-type')) one.open = true",
    );
    writeFileSync(join(root, "docs", "images", "emulator-page.png"), await browser.screenshot());
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    for (const [name, width, isDark] of [
      ["wide", 1200, false],
      ["dark", 1200, true],
      ["phone", 390, false],
      ["narrow", 320, false],
    ] as const) {
      await browser.size(width, 900, isDark);
      writeFileSync(join(folder, `${name}.png`), await browser.screenshot(true));
    }
  } finally {
    await browser.close();
    await emulator.close();
  }
}

draw(process.argv[2]).then(
  () => console.log("docs/images/emulator-page.png is drawn."),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
