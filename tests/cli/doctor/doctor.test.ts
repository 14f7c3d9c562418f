/** The doctor against an emulator in process. */
import { collect, type DoctorOptions } from "../../../cli/doctor/collect";
import { formatReport } from "../../../cli/doctor/print";
import { diagnose } from "../../../cli/doctor/report";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../../emulator";

let emulator: Emulator | undefined;
afterEach(async () => {
  await emulator?.close();
  emulator = undefined;
});

async function start(options: EmulatorOptions = {}): Promise<Emulator> {
  emulator = await startEmulator({ clock: "manual", lag: "none", ...options });
  return emulator;
}

interface Visit {
  readonly options?: DoctorOptions;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Seconds that this machine's clock is ahead. */
  readonly ahead?: number;
}

/** What a person sees, and how it ends. */
async function visit({ options = {}, env, files = {}, ahead = 0 }: Visit = {}) {
  const readFile = (path: string) => {
    const text = path === "/ca.pem" ? emulator?.ca : files[path];
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return text;
  };
  const facts = await collect({
    options,
    env: { AKAMAI_CA_FILE: "/ca.pem", ...(env ?? environment()) },
    readFile,
    home: "/home/me",
    clock: { now: () => Date.now() + ahead * 1000, sleep: async () => undefined },
    random: () => 0,
  });
  const report = diagnose(facts);
  const text = formatReport(report, (_colour, part) => part);
  const all = `${text}${JSON.stringify({ report, facts })}`;
  for (const section of ["default", "read-only"]) {
    const credentials = emulator?.credentials(section);
    if (credentials === undefined) continue;
    const { clientSecret, clientToken, accessToken } = credentials;
    for (const secret of [clientSecret, clientToken, accessToken]) expect(all).not.toContain(secret);
  }
  const level = (wanted: string) =>
    report.findings.filter((finding) => finding.level === wanted).map(({ message }) => message);
  return {
    text,
    facts,
    exitCode: report.exitCode,
    problems: level("problem"),
    unknown: level("unknown"),
    report,
  };
}

function environment(section = "default"): Record<string, string> {
  const credentials = emulator?.credentials(section);
  if (credentials === undefined) throw new Error("no emulator");
  return {
    AKAMAI_HOST: credentials.host,
    AKAMAI_CLIENT_TOKEN: credentials.clientToken,
    AKAMAI_ACCESS_TOKEN: credentials.accessToken,
    AKAMAI_CLIENT_SECRET: credentials.clientSecret,
  };
}

function edgerc(section = "default"): string {
  const { AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_ACCESS_TOKEN, AKAMAI_CLIENT_SECRET } =
    environment(section);
  return `[${section}]\nhost = ${AKAMAI_HOST}\nclient_token = ${AKAMAI_CLIENT_TOKEN}\naccess_token = ${AKAMAI_ACCESS_TOKEN}\nclient_secret = ${AKAMAI_CLIENT_SECRET}\n`;
}

test("all well: credentials, account, clock, three APIs, groups, CP code and quotas; only GETs are sent", async () => {
  const { host, journal } = await start({ settings: { initialized: true } });
  const { text, exitCode, problems, unknown } = await visit();
  expect([exitCode, problems, unknown]).toEqual([0, [], []]);
  for (const line of [
    `  ✓ found in the environment, for ${host}\n`,
    "looked in: 1. the environment: used; 2. the section [default] of /home/me/.edgerc: the file does not exist",
    "  ✓ Example (act_A-CCT1234)\n",
    "  ✓ agrees with Akamai's\n",
    "  ✓ EdgeKV is initialized, and its CP code 1284561 can be read\n",
    "  ✓ 72297 Team A: EdgeKV: items: read, write, delete, namespaces: view, create, modify, delete, authorize, tokens: view, create, revoke; EdgeWorkers: view, ",
    "  ✓ EdgeKV namespaces on staging: 1 of 20\n",
    "  ✓ EdgeKV namespaces on production: 1 of 20\n",
    "  ✓ EdgeWorker ids that the API client sees: 0 of 200\n",
    "EdgeWorkers tier Basic Compute: ",
    "requests left\n",
    "\nAll well.\n",
  ])
    expect(text).toContain(line);
  for (const api of ["Property Manager", "EdgeKV", "EdgeWorkers"])
    expect(text).toMatch(new RegExp(`✓ ${api} answers with 200 \\(request [0-9a-f]{16}\\)\n`));
  expect(new Set(journal().map(({ method }) => method))).toEqual(new Set(["GET"]));
});

test("a section that does not exist: the file and the section are named, and nothing is asked", async () => {
  const { journal } = await start();
  const { problems, exitCode, text } = await visit({
    options: { edgerc: "~/my.edgerc", section: "stagging" },
    env: {},
    files: { "/home/me/my.edgerc": edgerc() },
  });
  expect([exitCode, problems]).toEqual([
    1,
    ["the section [stagging] of ~/my.edgerc: the file has no such section; it has [default]"],
  ]);
  expect(text).toContain("→ Name a file and a section that exist: --edgerc FILE --section NAME");
  expect(text).toContain("The file has [default].");
  expect(journal()).toEqual([]);
});

test("no credentials anywhere: every source is named", async () => {
  const { exitCode, text, problems } = await visit({ env: { AKAMAI_CA_FILE: "" } });
  expect([exitCode, problems]).toEqual([1, ["no credentials found for the section default"]]);
  expect(text).toContain("1. the environment: no AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, ");
  expect(text).toContain("2. the section [default] of /home/me/.edgerc: the file does not exist");
});

test("incomplete credentials: what is there and what is missing", async () => {
  await start();
  const { AKAMAI_CLIENT_SECRET: _secret, ...env } = environment();
  expect((await visit({ env })).problems).toEqual([
    "the environment has AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_ACCESS_TOKEN, and lacks AKAMAI_CLIENT_SECRET",
  ]);
});

test("credentials in the environment come before the file, and the report says so", async () => {
  await start();
  const { text } = await visit({
    env: { ...environment(), AKAMAI_EDGERC: "/my.edgerc" },
    files: { "/my.edgerc": edgerc() },
  });
  expect(text).toContain("not used: the section [default] of /my.edgerc. The environment comes first\n");
});

test("a wrong secret: one refusal, and what to compare", async () => {
  const { journal, host } = await start();
  const { exitCode, problems, text } = await visit({
    env: { ...environment(), AKAMAI_CLIENT_SECRET: "d3Jvbmc=" },
  });
  expect(exitCode).toBe(1);
  expect(problems).toEqual([
    expect.stringMatching(
      /^Akamai answers with 401: Not authorized: The signature does not match \(request .+\)$/,
    ),
  ]);
  expect(text).toContain(
    `→ Compare all four values with those of the API client, and check that it is active and that ${host}`,
  );
  expect(text).not.toContain("d3Jvbmc=");
  expect(journal()).toHaveLength(1);
});

test.each([
  [300, "this machine's clock is 300 s ahead of Akamai's; 30 s are allowed"],
  [-3600, "this machine's clock is 3600 s behind Akamai's; 30 s are allowed"],
])("a clock that is off by %i s", async (ahead, message) => {
  await start();
  const well = await visit({ ahead });
  expect([well.exitCode, well.problems]).toEqual([1, [message]]);
  // A refusal is then the clock's.
  emulator?.faults.add({ kind: "status", status: 401 });
  const { text } = await visit({ ahead });
  expect(text).toContain("→ Set this machine's clock: the signatures have its time.");
});

test("an API without permission: the others are looked at all the same", async () => {
  const clients = { limited: { grants: { edgekv: "READ-WRITE", property: "READ-ONLY" }, viewCpCodes: true } };
  await start({ settings: { initialized: true } });
  const state = emulator?.state.get() as { clients: object };
  emulator?.state.put({ ...state, clients: { ...state.clients, ...clients } });
  const { exitCode, problems, text } = await visit({ env: environment("limited") });
  expect([exitCode, problems]).toEqual([
    1,
    [expect.stringMatching(/^EdgeWorkers answers with 403: Forbidden: The client does not have the grant/)],
  ]);
  expect(text).toContain(
    "→ Give the API client READ-WRITE access to the EdgeWorkers API. Then create a new API client",
  );
  expect(text).toContain("✓ EdgeKV is initialized");
});

test("without the right to read CP codes, EdgeKV's internal error is explained", async () => {
  await start({ settings: { initialized: true } });
  const state = emulator?.state.get() as { clients: { default: object } };
  emulator?.state.put({ ...state, clients: { default: { ...state.clients.default, viewCpCodes: false } } });
  const { exitCode, problems, text } = await visit();
  expect([exitCode, problems]).toEqual([1, [expect.stringMatching(/^EdgeKV answers with 500: /)]]);
  expect(text).toContain('permission "CP Code - View CP Codes"');
});

test("a client that may only read, and one with few capabilities", async () => {
  await start({ settings: { initialized: true } });
  const { exitCode, text } = await visit({ env: environment("read-only") });
  expect(exitCode).toBe(0);
  expect(text).toContain("! the API client may only read in EdgeKV: a preview works, up does not");
  const state = emulator?.state.get() as { clients: { default: object } };
  const capabilities = { 98765: ["READ_STAGING_DATA", "WRITE_STAGING_DATA", "VIEW_NAMESPACE"] };
  emulator?.state.put({ ...state, clients: { default: { ...state.clients.default, capabilities } } });
  expect((await visit()).text).toContain(
    "✓ 98765 Team B: EdgeKV: items: read (staging only), write (staging only), namespaces: view (production only); EdgeWorkers: ",
  );
});

test("a full account is a problem", async () => {
  await start({ settings: { initialized: true, edgeWorkerIds: 0 } });
  const { exitCode, problems } = await visit();
  expect([exitCode, problems]).toEqual([1, ["EdgeWorker ids that the API client sees: 0 of 0"]]);
});

test.each([
  [
    "no-such-host.invalid",
    /^no answer from no-such-host\.invalid: .*\((ENOTFOUND|EAI_AGAIN)\)$/,
    "can't be resolved",
  ],
  ["127.0.0.1:1", /^no answer from 127\.0\.0\.1:1: .*\(ECONNREFUSED\)$/, "Nothing listens there."],
])("a host that can't be reached: %s", async (host, message, fix) => {
  await start();
  const { exitCode, problems, unknown, text, facts } = await visit({ options: { host } });
  expect([exitCode, problems, unknown]).toEqual([2, [], [expect.stringMatching(message)]]);
  expect(text).toContain(fix);
  expect(text).toContain("(the host is from --host)");
  expect(facts.exchanges).toHaveLength(1);
});

test("a certificate that nobody vouches for", async () => {
  await start();
  const { exitCode, text } = await visit({ env: { ...environment(), AKAMAI_CA_FILE: "" } });
  expect(exitCode).toBe(2);
  expect(text).toContain("→ The certificate could not be verified.");
});

test("a host or a file that is no such thing", async () => {
  await start();
  expect((await visit({ options: { host: "https://x/y" } })).problems).toEqual([
    expect.stringMatching(/^--host on the command line must be a host name/),
  ]);
  expect((await visit({ options: { caFile: "/none" } })).problems).toEqual([
    "The file /none that --ca-file names cannot be read (it does not exist).",
  ]);
});

test("an error of the service is no verdict", async () => {
  await start({ settings: { initialized: true } });
  emulator?.faults.add({ path: "/edgeworkers/*", kind: "status", status: 503, times: 2 });
  const { exitCode, unknown } = await visit();
  expect([exitCode, unknown]).toEqual([2, [expect.stringMatching(/^EdgeWorkers answers with 503/)]]);
});

test("an account switch key is sent, and is not shown", async () => {
  const { journal } = await start();
  const { text, facts } = await visit({ options: { accountKey: "1-SWITCH" } });
  expect(text).toContain("by the account switch key");
  expect(text + JSON.stringify(facts)).not.toContain("1-SWITCH");
  expect(journal().every(({ query }) => query.accountSwitchKey === "1-SWITCH")).toBe(true);
});
