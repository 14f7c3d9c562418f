import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The Chromium of this machine: `CHROMIUM`, or one on the PATH. */
export function findChromium(): string | undefined {
  const given = process.env.CHROMIUM;
  if (given !== undefined && given !== "") return given;
  return (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** One page in a headless Chromium that accepts the emulator's certificate. */
export class Chromium {
  readonly #pending = new Map<number, (message: Message) => void>();
  /** Errors of the page: uncaught ones, those of the console and of the content security policy. */
  readonly problems: string[] = [];
  #next = 1;
  #session = "";

  private constructor(
    private readonly process: ChildProcess,
    private readonly socket: WebSocket,
    private readonly folder: string,
  ) {
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(String(data)) as Message));
  }

  static async start(executable: string): Promise<Chromium> {
    const folder = mkdtempSync(join(tmpdir(), "akamai-edge-chromium-"));
    const child = spawn(
      executable,
      [
        ...["--headless=new", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors"],
        ...["--hide-scrollbars", "--no-first-run", "--disable-extensions", "--disable-dev-shm-usage"],
        ...["--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"],
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const url = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`Chromium ended: ${text.slice(-500)}`)));
      child.stderr?.on("data", (part) => {
        text += String(part);
        const [, found] = /listening on (ws:\S+)/.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    const browser = new Chromium(child, socket, folder);
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Accessibility"]) await browser.send(`${domain}.enable`);
    return browser;
  }

  #receive({ id, method, params = {}, ...rest }: Message): void {
    if (id !== undefined) {
      this.#pending.get(id)?.({ id, ...rest });
      this.#pending.delete(id);
    }
    if (method === "Runtime.exceptionThrown") this.problems.push(JSON.stringify(params.exceptionDetails));
    const { entry } = params as { entry?: { level: string; text: string } };
    if (method === "Log.entryAdded" && entry?.level === "error") this.problems.push(entry.text);
  }

  /** A command of the DevTools protocol. */
  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#next++;
    const answer = new Promise<Message>((resolve) => this.#pending.set(id, resolve));
    const session = this.#session === "" ? {} : { sessionId: this.#session };
    this.socket.send(JSON.stringify({ id, method, params, ...session }));
    const { result = {}, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async open(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
  }

  /** What an expression is in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const isTrue = await this.evaluate<boolean>(`Boolean(${expression})`).catch(() => false);
      if (isTrue) return;
      if (Date.now() > end) throw new Error(`this does not become true in the page: ${expression}`);
    }
  }

  async key(key: string): Promise<void> {
    const text = key === "Enter" ? { text: "\r" } : key === "Space" ? { text: " " } : {};
    const codes: Record<string, number> = { Tab: 9, Enter: 13, Space: 32 };
    const what = { key: key === "Space" ? " " : key, code: key, windowsVirtualKeyCode: codes[key] };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...what, ...text });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...what });
  }

  async size(width: number, height: number, isDark = false): Promise<void> {
    const mobile = width < 500;
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
    const features = [{ name: "prefers-color-scheme", value: isDark ? "dark" : "light" }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  /** A PNG of what is seen, or of the whole page. */
  async screenshot(isWhole = false): Promise<Buffer> {
    const { data } = await this.send("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: isWhole,
      ...(isWhole && { clip: await this.#whole() }),
    });
    return Buffer.from(String(data), "base64");
  }

  async #whole(): Promise<object> {
    const { cssContentSize } = (await this.send("Page.getLayoutMetrics")) as {
      cssContentSize: { width: number; height: number };
    };
    return { x: 0, y: 0, ...cssContentSize, scale: 1 };
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => this.process.once("exit", resolve));
    // The browser's own command, not the page's.
    this.socket.send(JSON.stringify({ id: this.#next++, method: "Browser.close" }));
    const timer = setTimeout(() => this.process.kill("SIGKILL"), 5000);
    await exited;
    clearTimeout(timer);
    this.socket.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
