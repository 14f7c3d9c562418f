/** Searches everything that might hold a secret: what a run stores, prints, leaves behind and hands to its processes. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent, PulumiFn } from "@pulumi/pulumi/automation";
import { type Fault, startEmulator } from "../../emulator";
import { readSettings } from "../../provider/config";
import { secretFields } from "../../provider/framework/resource";
import { registry } from "../../provider/registry";
import { outputsOf, type Run, watch } from "../../scripts/engine";
import { descendants } from "../../scripts/processes";
import { root } from "../../scripts/root";
import { edgekv, edgeworkers } from "../../sdk";
import { isFull, report } from "../resilience/support/extent";
import { adapterOfRun } from "../support/adapters";
import { changed, EngineTest, succeeded } from "../support/engine";
import { firstOrAll, fullTest } from "../support/extent";
import { ProgramStack } from "../support/testEngine/programStack";

type Secrets = Readonly<Record<string, string>>;

/** What a program marks as secret; `after` for the second run. */
const canaries = {
  config: "canary-config-3f0b61",
  item: "canary-item-8d8a17",
  itemAfter: "canary-item-after-90c2d4",
  member: "canary-member-77cd3e",
  file: "canary-file-6f1d0c",
  fileAfter: "canary-file-after-5b2e8a",
} as const;

const inTwoMonths = () => new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);

/** A program with a secret in every place that can have one; handlers without the engine get what is marked as the engine hands it to them, in clear. */
const shop =
  (item: string, file: string, mark: (text: string) => pulumi.Input<string> = pulumi.secret): PulumiFn =>
  async () => {
    const word = pulumi.output(mark(new pulumi.Config("shop").require("word")));
    const catalog = new edgekv.Namespace("catalog", {
      network: "staging",
      groupId: 72_297,
      retentionInSeconds: 0,
    });
    const reader = new edgekv.AccessToken("reader", {
      allowOnStaging: true,
      expiry: inTwoMonths(),
      namespacePermissions: catalog.name.apply((name) => ({ [name]: ["r" as const] })),
    });
    const place = { network: "staging", namespace: catalog.name, group: "words" } as const;
    new edgekv.Item("text", { ...place, key: "text", value: mark(item) });
    new edgekv.Item("json", { ...place, key: "json", json: word.apply((text) => ({ text })) });
    new edgekv.ItemGroup("many", {
      ...place,
      group: "many",
      items: { plain: "1", hidden: mark(canaries.member) },
    });
    const worker = new edgeworkers.EdgeWorker("worker", { groupId: 72_297, resourceTierId: 200 });
    new edgeworkers.Version("code", {
      edgeWorkerId: worker.edgeWorkerId,
      bundle: {
        "main.js": `import { edgekv_access_tokens } from "./edgekv_tokens.js";\nexport function onClientRequest(request) {\n  request.respondWith(200, {}, typeof edgekv_access_tokens);\n}\n`,
        "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
        "key.txt": mark(file),
      },
      version: "auto",
      tokens: [reader],
    });
    // What a program makes of a secret stays secret.
    return { file: edgekv.tokensFile([reader]), copy: pulumi.interpolate`${reader.value} for ${word}` };
  };

const before = shop(canaries.item, canaries.file);
const after = shop(canaries.itemAfter, canaries.fileAfter);

/** A secret in the ways that texts have of writing one down. */
function isIn(text: string, secret: string): boolean {
  const bytes = Buffer.from(secret);
  const ways = [
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString("base64"),
    bytes.toString("hex"),
  ];
  return [secret, ...ways].some((way) => text.includes(way));
}

const foundIn = (text: string, secrets: Secrets): string[] =>
  Object.entries(secrets).flatMap(([name, secret]) => (isIn(text, secret) ? [name] : []));

/** Every file below a folder but the emulator's own, which is Akamai's side. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink() || entry.name === "emulator") return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** The files that hold one of the secrets, as `name in path`. */
const filesWith = (folder: string, secrets: Secrets): string[] =>
  filesBelow(folder).flatMap((path) =>
    foundIn(readFileSync(path, "latin1"), secrets).map((name) => `${name} in ${path}`),
  );

/** Command lines and environments of the processes that a run has, sampled several times a second. */
class Processes {
  readonly arguments = new Set<string>();
  readonly environments = new Set<string>();
  readonly #timer = setInterval(() => this.#sample(), 400);

  #sample(): void {
    const ids = descendants().join();
    if (ids === "") return;
    // `ps` itself is one of them, and has ended; it fails when all have.
    const ps = (...options: string[]) => {
      try {
        return execFileSync("ps", [...options, "-p", ids], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        }).split("\n");
      } catch {
        return [];
      }
    };
    for (const line of ps("-ww", "-o", "args=")) this.arguments.add(line);
    for (const line of ps("eww", "-o", "command=")) this.environments.add(line);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** An `up` and all that it printed, at the highest level of the engine's log. */
interface Loud {
  readonly run: Run;
  readonly events: readonly EngineEvent[];
  readonly out: string;
  readonly log: string;
  readonly processes: Processes;
}

async function loud(engine: EngineTest, program: PulumiFn): Promise<Loud> {
  const [events, out, log]: [EngineEvent[], string[], string[]] = [[], [], []];
  const processes = new Processes();
  try {
    const run = await watch((onEvent) => {
      const options = {
        logToStdErr: true,
        logVerbosity: 9,
        debug: true,
        onOutput: (text: string) => out.push(text),
        onError: (text: string) => log.push(text),
        onEvent: (event: EngineEvent) => {
          events.push(event);
          onEvent(event);
        },
      };
      return engine.stack.up({ ...options, program: engine.served(program) });
    });
    return { run, events, out: out.join(""), log: log.join(""), processes };
  } finally {
    processes.stop();
  }
}

/**
 * What the engine's own log has in clear at `-v=9`: every property of every call between program, engine and provider, written down where the call is
 * taken apart, before the engine looks at what of it is secret. `RegisterResource RPC finished` is Pulumi's SDK in the program, `eventSink::Debug` the engine's
 * echo of it. No provider has a say in either; docs/guides/ci.md warns of it.
 */
const engineLines = [
  /^(Unm|M)arshaling property for RPC\[(ResourceMonitor|Provider\[0x[0-9a-f]+\])\.\w+\([^)]*\)(\.\w+)?\]: /,
  /^(eventSink::Debug\(<\{%reset%\}>)?RegisterResource RPC finished: resource:/,
];
const isEngineLine = (message: string) => engineLines.some((pattern) => pattern.test(message));

/** The log's lines without those: nothing that is no record of the engine is left out. */
function logWithoutEngineLines(log: string): { rest: string; dropped: string } {
  const [rest, dropped]: [string[], string[]] = [[], []];
  for (const line of log.split("\n")) {
    let message: unknown;
    try {
      const record: unknown = JSON.parse(line);
      if (
        typeof record === "object" &&
        record !== null &&
        "level" in record &&
        "time" in record &&
        "msg" in record
      )
        message = record.msg;
    } catch {
      // A line of somebody else.
    }
    (typeof message === "string" && isEngineLine(message) ? dropped : rest).push(line);
  }
  return { rest: rest.join("\n"), dropped: dropped.join("\n") };
}

/** What `--debug` shows, without the SDK's line; the values in it go on over several lines, which begin with a comma. */
const outWithoutEngineLines = (out: string): string =>
  out
    .replace(/\n\s*,/g, ",")
    .split("\n")
    .filter((line) => !/^\s*debug: RegisterResource RPC finished: resource:/.test(line))
    .join("\n");

const eventsWithoutEngineLines = (events: readonly EngineEvent[]): string =>
  JSON.stringify(
    events.filter(
      ({ diagnosticEvent }) =>
        !(String(diagnosticEvent?.severity) === "debug" && isEngineLine(String(diagnosticEvent?.message))),
    ),
  );

/** All that a run printed, without the lines of the engine itself. */
function printed({ run: { steps, messages, text, error }, events, out, log }: Loud): string {
  // The error of a failed run repeats both of its outputs.
  const reported = JSON.stringify([
    steps,
    messages,
    ...(error === undefined ? [outWithoutEngineLines(text)] : []),
  ]);
  return [
    reported,
    eventsWithoutEngineLines(events),
    outWithoutEngineLines(out),
    logWithoutEngineLines(log).rest,
  ].join("\n");
}

/** The token that a program made, as Akamai has it. */
async function tokenOf(engine: EngineTest): Promise<{ name: string; reference: string; value: string }> {
  const ask = async (path: string) =>
    JSON.parse((await engine.somebody().send({ method: "GET", path })).text) as unknown;
  const { tokens } = (await ask("/edgekv/v1/tokens")) as { tokens: { name: string; uuid: string }[] };
  const [token] = tokens;
  if (token === undefined) throw new Error("there is no token");
  const { value } = (await ask(`/edgekv/v1/tokens/${token.name}`)) as { value: string };
  return { name: token.name, reference: token.uuid, value };
}

/** A folder for what the run's processes put aside. */
function temporaryFolder(engine: EngineTest): string {
  const folder = join(engine.folder, "tmp");
  mkdirSync(folder);
  Object.assign(engine.stack.workspace.envVars, { TMPDIR: folder });
  return folder;
}

let engine: EngineTest | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

const credentialsOf = ({ emulator }: EngineTest): Secrets => {
  const { host: _, ...credentials } = emulator.credentials();
  return credentials;
};

test("secrets of stack config, program, bundle and token are nowhere in clear: state, events, output, files, processes", async () => {
  const started = await EngineTest.start({ settings: { legacyTokens: true } });
  engine = started;
  const { clientToken = "", accessToken = "", clientSecret = "" } = credentialsOf(started);
  await started.stack.setAllConfig({
    "shop:word": { value: canaries.config, secret: true },
    "akamai-edge:host": { value: started.emulator.host },
    "akamai-edge:clientToken": { value: clientToken, secret: true },
    "akamai-edge:accessToken": { value: accessToken, secret: true },
    "akamai-edge:clientSecret": { value: clientSecret, secret: true },
  });
  for (const key of ["edgerc", "section"]) await started.stack.removeConfig(`akamai-edge:${key}`);
  const temporary = temporaryFolder(started);

  const made = await loud(started, before);
  expect(made.run.error).toBeUndefined();
  const { name, reference, value } = await tokenOf(started);
  expect(value.split(".")).toHaveLength(3);
  const secrets = { clientToken, accessToken, clientSecret, ...canaries, reference, value };
  for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(10);

  // The secrets are where they belong: in the state, encrypted, and there for the program.
  expect(started.checkpoint()).toContain(name);
  const { file, copy } = await outputsOf(started.stack);
  expect(file).toEqual({ secret: true, value: expect.stringContaining(value) });
  expect(copy).toEqual({ secret: true, value: `${value} for ${canaries.config}` });

  // Other secrets, and a service that refuses one of them.
  started.emulator.faults.add({
    method: "PUT",
    path: "*/items/text",
    times: 20,
    kind: "status",
    status: 403,
  });
  const refused = await loud(started, after);
  expect(refused.run.messages.join("\n")).toContain("was answered with 403");
  started.emulator.faults.clear();
  started.emulator.faults.add({
    path: "/edgekv/v1/tokens/*",
    times: 20,
    kind: "status",
    status: 200,
    body: `{"name": "x", "value": "${value}`,
  });
  const unread = await started.refresh();
  expect(unread.error).toBeDefined();
  started.emulator.faults.clear();
  const destroyed = await succeeded(started.destroy());

  const runs = [made, refused];
  for (const one of runs) expect(foundIn(printed(one), secrets)).toEqual([]);
  for (const { messages, text, steps } of [unread, destroyed])
    expect(foundIn(JSON.stringify([messages, text, steps]), secrets)).toEqual([]);
  const paths = filesBelow(started.folder).map((path) => path.slice(started.folder.length));
  for (const kind of [
    /^\/\.pulumi\/stacks\/.*\.json$/,
    /\.bak$/,
    /^\/\.pulumi\/history\//,
    /^\/\.pulumi\/backups\//,
    /\.yaml$/,
  ]) {
    expect(paths.filter((path) => kind.test(path))).not.toEqual([]);
  }
  expect(filesWith(started.folder, secrets)).toEqual([]);
  expect(filesBelow(temporary)).toEqual([]);
  expect(foundIn(JSON.stringify(started.emulator.journal()), secrets)).toEqual([]);
  for (const { processes } of runs) {
    const all = [...processes.arguments].join("\n");
    expect(all).toMatch(/pulumi up /);
    expect(all).toContain(adapterOfRun === "native" ? "pulumi-resource-akamai-edge" : "dynamic-provider");
    expect(foundIn(all, secrets)).toEqual([]);
    // `ps` shows whose environment it is: what a user puts there is found.
    expect([...processes.environments].join("\n")).toContain("PULUMI_CONFIG_PASSPHRASE=");
    // The engine gives a plugin the stack config of its package there, as docs/guides/from-dynamic-to-native.md tells.
    expect(foundIn([...processes.environments].join("\n"), secrets)).toEqual(
      adapterOfRun === "native" ? ["clientToken", "accessToken", "clientSecret"] : [],
    );
  }
  // The leak that docs/guides/ci.md warns of is there: once it is not, the warning can go.
  const leakedIn = ({ log }: Loud) => foundIn(logWithoutEngineLines(log).dropped, secrets);
  const { itemAfter: _item, fileAfter: _file, ...ofFirstRun } = secrets;
  expect(leakedIn(made).sort()).toEqual(Object.keys(ofFirstRun).sort());
  // The engine cancels the refused run at the refusal. It logged that item before, and may not have come to the file.
  expect(leakedIn(refused)).toContain("itemAfter");
  expect(readFileSync(join(root, "docs/guides/ci.md"), "utf8")).toMatch(/`-v=9`.*in clear/);
  report("Secret leaks", {
    Where: "credentials in stack config, `-v=9`",
    Runs: runs.length + 2,
    Secrets: Object.keys(secrets).length,
  });
}, 300_000);

const small: PulumiFn = async () => {
  new edgekv.Namespace("catalog", { network: "staging", groupId: 72_297, retentionInSeconds: 0 });
};

test.each(firstOrAll(["a file", "the environment"]))(
  "credentials from %s are in no log, whatever its level, and in no state",
  async (place) => {
    const started = await EngineTest.start();
    engine = started;
    const temporary = temporaryFolder(started);
    const secrets = credentialsOf(started);
    const { clientToken, accessToken, clientSecret } = secrets;
    // The logger of the package that signs would print the header and the key.
    Object.assign(started.stack.workspace.envVars, { AKAMAI_LOG_LEVEL: "trace" });
    if (place === "the environment") {
      for (const key of ["edgerc", "section"]) await started.stack.removeConfig(`akamai-edge:${key}`);
      Object.assign(started.stack.workspace.envVars, {
        AKAMAI_HOST: started.emulator.host,
        AKAMAI_CLIENT_TOKEN: clientToken,
        AKAMAI_ACCESS_TOKEN: accessToken,
        AKAMAI_CLIENT_SECRET: clientSecret,
      });
    }
    const made = await loud(started, small);
    expect(made.run.error).toBeUndefined();
    expect(started.changes()).toHaveLength(1);
    started.emulator.faults.add({ times: 20, kind: "status", status: 401 });
    const refused = await started.refresh();
    expect(refused.messages.join("\n")).toContain("was answered with 401");
    const { run, events, out, log, processes } = made;
    const reported = [run, refused].map(({ messages, text, steps }) => [messages, text, steps]);
    expect(foundIn(JSON.stringify([reported, events, out, log]), secrets)).toEqual([]);
    expect(foundIn([...processes.arguments].join("\n"), secrets)).toEqual([]);
    const environments = [...processes.environments].join("\n");
    expect(environments).toContain("AKAMAI_LOG_LEVEL=trace");
    expect(foundIn(environments, secrets).sort()).toEqual(
      place === "the environment" ? Object.keys(secrets).sort() : [],
    );
    expect(filesWith(started.folder, secrets)).toEqual([]);
    expect(filesBelow(temporary)).toEqual([]);
    report("Secret leaks", { Where: `credentials in ${place}, \`-v=9\``, Runs: 2, Secrets: 3 });
  },
);

test("a bundle that is refused is not printed: it may hold the tokens", async () => {
  const started = await EngineTest.start();
  engine = started;
  const program = async () => {
    new edgeworkers.Version("code", {
      edgeWorkerId: 54_321,
      bundle: {
        "main.js": "export function onClientRequest( {",
        "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
        "secret.txt": pulumi.secret(canaries.file),
      },
    });
  };
  const { error, messages, text } = await started.preview(program);
  expect(error).toBeDefined();
  expect(messages.join("\n")).toContain("STATIC_VALIDATION_FAILED");
  expect(foundIn(`${messages.join("\n")}${text}${error?.stack}`, canaries)).toEqual([]);
});

// tests/provider/http/client.test.ts has it without the engine.
fullTest("a server that can't prove who it is gets no request, whatever the environment sets", async () => {
  const started = await EngineTest.start();
  engine = started;
  await started.stack.removeConfig("akamai-edge:caFile");
  Object.assign(started.stack.workspace.envVars, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
  const { error, messages } = await started.up(small);
  expect(error).toBeDefined();
  expect(messages.join("\n")).toMatch(/certificate/);
  expect(started.emulator.counts()).toEqual({});
  // It is the certificate alone: with it, the same run goes through.
  Object.assign(started.stack.workspace.envVars, { AKAMAI_CA_FILE: started.emulator.caFile });
  expect(changed(await succeeded(started.up(small)))).toContain("create catalog");
  expect(Object.keys(started.emulator.counts())).not.toEqual([]);
});

test.each(["stack config", "environment", ".edgerc"] as const)(
  "a host that is not reached by TLS is refused: %s",
  (source) => {
    const pieces = {
      host: "http://akab-x.luna.akamaiapis.net",
      client_token: "t",
      access_token: "a",
      client_secret: "s",
    };
    const config = new Map(
      Object.entries({ host: pieces.host, clientToken: "t", accessToken: "a", clientSecret: "s" }),
    );
    const read = () =>
      readSettings({
        config: (key) => (source === "stack config" ? config.get(key) : undefined),
        env:
          source === "environment"
            ? Object.fromEntries(
                Object.entries(pieces).map(([piece, value]) => [`AKAMAI_${piece.toUpperCase()}`, value]),
              )
            : {},
        readFile: () =>
          `[default]\n${Object.entries(pieces)
            .map(([piece, value]) => `${piece} = ${value}`)
            .join("\n")}`,
        home: "/home/somebody",
      });
    expect(read).toThrow(/must be a host name/);
  },
);

test("files with secrets are made for their owner alone, whatever the umask", async () => {
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-secrets-"));
  const mask = process.umask(0);
  try {
    const dir = join(folder, "deep", "emulator");
    const emulator = await startEmulator({ dir, persist: true, settings: { initialized: true } });
    emulator.clock.advance(1);
    await emulator.close();
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    const modes = Object.fromEntries(readdirSync(dir).map((name) => [name, mode(join(dir, name))]));
    // The certificate is public; its key is in no file.
    expect(modes).toEqual({
      ".akamai-edge-emulator": "700",
      ".edgerc": "600",
      "state.json": "600",
      "ca.pem": "644",
    });
    expect(filesBelow(folder).filter((path) => readFileSync(path, "utf8").includes("PRIVATE KEY"))).toEqual(
      [],
    );
    expect([mode(dir), mode(join(folder, "deep"))]).toEqual(["700", "700"]);
  } finally {
    process.umask(mask);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The messages of handlers are the same with and without the engine: here, each request of a program fails in each way. */
describe("errors of each kind, of each request, contain no secret", () => {
  const open = async () => {
    const stack = await ProgramStack.start({ settings: { initialized: true, legacyTokens: true } });
    stack.config = { word: canaries.config };
    return stack;
  };
  const secretsOf = ({ emulator }: ProgramStack): Secrets => {
    const { host: _, ...credentials } = emulator.credentials();
    const { edgekv: kv } = emulator.state.get() as {
      edgekv: { tokens: Record<string, { value: { uuid: string; jwt?: string } | null }[]> };
    };
    const tokens = Object.values(kv.tokens).flatMap((versions) =>
      versions.flatMap(({ value }) => (value === null ? [] : [value])),
    );
    return {
      ...canaries,
      ...credentials,
      ...Object.fromEntries(tokens.map(({ uuid }, index) => [`reference ${index}`, uuid])),
    };
  };

  const inClear = (text: string) => text;
  const runsOf = (stack: ProgramStack) => [
    () => stack.up(shop(canaries.item, canaries.file, inClear)),
    () => stack.refresh(),
    () => stack.up(shop(canaries.itemAfter, canaries.fileAfter, inClear)),
    () => stack.destroy(),
  ];
  /** Cut off, with all that must stay secret: what the service has been sent, and the header that signs. */
  const cutOff = ({ emulator }: ProgramStack) => {
    const { host: _, ...credentials } = emulator.credentials();
    const header = `EG1-HMAC-SHA256 client_token=${credentials.clientToken};access_token=${credentials.accessToken};signature=x`;
    return JSON.stringify({ ...credentials, title: header, sent: Object.values(canaries) }).slice(0, -1);
  };
  const kinds: [name: string, fault: (stack: ProgramStack) => Fault][] = [
    ["403", () => ({ kind: "status", status: 403 })],
    [
      "an answer that is cut off",
      (stack) => ({ kind: "status", status: 200, body: cutOff(stack), contentType: "application/json" }),
    ],
    [
      "a refusal that is cut off",
      (stack) => ({ kind: "status", status: 400, body: cutOff(stack), contentType: "application/json" }),
    ],
    ["a reset", () => ({ kind: "reset-before" })],
    ["a reset after the effect", () => ({ kind: "reset-after" })],
  ];
  /** How many requests each of the runs makes. */
  const counts: number[] = [];
  beforeAll(async () => {
    const stack = await open();
    try {
      for (const run of runsOf(stack)) {
        const { errors, requests } = await run();
        expect(errors).toEqual([]);
        counts.push(requests.length);
      }
    } finally {
      await stack.close();
    }
  });

  test("the program has every resource that takes or makes secrets", async () => {
    const stack = await open();
    try {
      await stack.up(shop(canaries.item, canaries.file, inClear));
      const declared = new Set([...stack.resources.values()].map(({ token }) => token));
      const sensitive = [...registry.values()].filter(
        (resource) => secretFields(resource).length > 0 || (resource.sensitiveInputs ?? []).length > 0,
      );
      expect(sensitive.map(({ token }) => token).filter((token) => !declared.has(token))).toEqual([]);
    } finally {
      await stack.close();
    }
  });

  test.each(kinds)(
    "%s",
    async (name, fault) => {
      const all = counts.flatMap((count, run) => Array.from({ length: count }, (_, skip) => ({ run, skip })));
      // Each kind begins elsewhere, so that a part of the requests stands for all of them.
      const first = kinds.findIndex(([kind]) => kind === name) * 11;
      const cases = all.filter((_, index) => index >= first && (index - first) % (isFull ? 4 : 120) === 0);
      let failed = 0;
      for (const { run, skip } of cases) {
        const stack = await open();
        try {
          const runs = runsOf(stack);
          for (const earlier of runs.slice(0, run)) await earlier();
          stack.emulator.faults.add({ ...fault(stack), skip, times: 50 });
          const ended = await runs[run]?.();
          if (ended?.how === "failed") failed += 1;
          const messages = [...(ended?.errors ?? []), ...(ended?.messages ?? [])].join("\n");
          expect({ run, skip, found: foundIn(messages, secretsOf(stack)) }).toEqual({ run, skip, found: [] });
        } finally {
          await stack.close();
        }
      }
      // A few requests only read details for a message.
      expect(failed).toBeGreaterThan(cases.length / 2);
      report("Secret leaks", {
        Where: `messages after ${name}, in process`,
        Runs: cases.length,
        Secrets: Object.keys(canaries).length + 4,
      });
    },
    120_000,
  );
});
