import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { PreconditionError } from "../../../provider/errors";
import { isProviderProcess, watchParent } from "../../../provider/runtime/parentWatch";
import { root } from "../../../scripts/root";

/** A process whose parent and input the test ends. */
class FakeProcess {
  parent = 100;
  exits = 0;
  readonly intervals: number[] = [];
  private tick = () => {};
  private endInput = () => {};
  readonly assertEngineAlive = watchParent({
    parentId: () => this.parent,
    onInputEnd: (act) => {
      this.endInput = act;
    },
    every: (milliseconds, act) => {
      this.intervals.push(milliseconds);
      this.tick = act;
    },
    exit: () => {
      this.exits += 1;
    },
  });
  loseParent(): void {
    this.parent = 1;
  }
  interval(): void {
    this.tick();
  }
  closeInput(): void {
    this.endInput();
  }
}

describe("a provider process", () => {
  test("goes on while its engine is there", () => {
    const own = new FakeProcess();
    own.interval();
    own.assertEngineAlive();
    expect(own.exits).toBe(0);
    expect(own.intervals).toEqual([1000]);
  });

  test("ends within a second when it has another parent", () => {
    const own = new FakeProcess();
    own.loseParent();
    expect(own.exits).toBe(0);
    own.interval();
    expect(own.exits).toBe(1);
  });

  test("ends at once when the engine's end of its input closes", () => {
    const own = new FakeProcess();
    own.closeInput();
    expect(own.exits).toBe(1);
  });

  test.each([
    ["parent", (own: FakeProcess) => own.loseParent()],
    ["input", (own: FakeProcess) => own.closeInput()],
  ])("changes nothing more without its %s, even before the next look", (_sign, lose) => {
    const own = new FakeProcess();
    lose(own);
    expect(() => own.assertEngineAlive()).toThrow(PreconditionError);
    expect(() => own.assertEngineAlive()).toThrow(
      "the Pulumi engine of this run is gone, so nothing more was sent",
    );
    expect(own.exits).toBeGreaterThan(0);
  });

  // In a container the engine can be process 1, which elsewhere takes in the orphans.
  test("may be a child of process 1", () => {
    const exit = jest.fn();
    watchParent({ parentId: () => 1, onInputEnd: () => {}, every: () => {}, exit })();
    expect(exit).not.toHaveBeenCalled();
  });
});

test.each([
  [true, ["node", "/app/node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js", "127.0.0.1:4000"]],
  [true, ["node", "/app/node_modules/@pulumi/pulumi/cmd/dynamic-provider"]],
  [true, ["node.exe", "C:\\app\\node_modules\\@pulumi\\pulumi\\cmd\\dynamic-provider\\index.js"]],
  [false, ["node", "/app/node_modules/@pulumi/pulumi/cmd/run/index.js", "127.0.0.1:4000"]],
  [false, ["node", "/app/node_modules/jest/bin/jest.js", "cmd/dynamic-provider/index.js"]],
  [false, ["node", "/app/my-cmd/dynamic-provider.test.js"]],
  [false, ["node"]],
])("is %s of %j: it is a provider process", (expected, argv) => {
  expect(isProviderProcess(argv)).toBe(expected);
});

describe("a real process", () => {
  /** What a launcher runs: it names its own id as soon as it watches. */
  const provider = `
    const { thisProcess, watchParent } = require("./dist/provider/runtime/parentWatch");
    watchParent(thisProcess);
    console.log(process.pid);
    setInterval(() => {}, 60_000);`;
  /** An engine, which starts a launcher with an input of the given kind, and passes on what the provider prints. */
  const engine = (launcher: string, input: "pipe" | "ignore") => `
    const { spawn } = require("node:child_process");
    spawn("/bin/sh", ["-c", ${JSON.stringify(launcher)}, "sh", process.execPath, ${JSON.stringify(provider)}],
      { stdio: ["${input}", "inherit", "inherit"] });`;
  const between = 'if true; then "$1" -e "$2"; fi';
  const execed = 'exec "$1" -e "$2"';

  const isThere = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const gone = async (pid: number, withinMs: number): Promise<boolean> => {
    for (const end = Date.now() + withinMs; Date.now() < end && isThere(pid); )
      await new Promise((resolve) => setTimeout(resolve, 20));
    return !isThere(pid);
  };

  test.each([
    ["behind a shell that stays", between, "pipe"],
    ["in the place of its launcher", execed, "pipe"],
    ["in the place of its launcher, without an input", execed, "ignore"],
  ] as const)("%s, lives as long as its engine", async (_where, launcher, input) => {
    const parent: ChildProcess = spawn(process.execPath, ["-e", engine(launcher, input)], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(parent, "exit");
    let pid: number | undefined;
    try {
      const printed = parent.stdout === null ? [] : await once(parent.stdout, "data");
      pid = Number(String(printed[0]));
      expect(pid).toBeGreaterThan(1);
      expect(await gone(pid, 1300)).toBe(false);
      parent.kill("SIGKILL");
      await ended;
      expect(await gone(pid, 3000)).toBe(true);
    } finally {
      parent.kill("SIGKILL");
      if (pid !== undefined && isThere(pid)) process.kill(pid, "SIGKILL");
    }
  });
});
