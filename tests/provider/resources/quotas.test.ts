/** What does not fit into the account is reported at preview, on the first resource that exceeds it, before anything is made. */
import { TestEngine } from "../../support/testEngine";
import { code, type Declared, greeterArgs, Stack } from "./edgeworkers/support";

let engine: TestEngine;
afterEach(() => engine.close());

type Settings = Parameters<typeof TestEngine.start>;

async function begin(limits: object, config: Settings[1] = {}): Promise<Stack> {
  engine = await TestEngine.start({ lag: "none", settings: limits }, config);
  return new Stack(engine);
}

const failuresOf = (token: string, name: string, args: object) =>
  engine
    .preview(token, name, args)
    .then(({ failures }) => failures.map((one) => `${one.property}: ${one.reason}`));
const failure = (run: Promise<void>) =>
  run.then(
    () => "no failure",
    (error: Error) => error.message,
  );
const count = (request: string) => engine.requests().filter((one) => one === request).length;

describe("access tokens", () => {
  const reader = (more: object = {}) => ({
    allowOnStaging: true,
    namespacePermissions: { default: ["r"] },
    ...more,
  });
  const token = "edgekv:AccessToken";
  const limited = { tokensPerAccount: "2" };

  test("those of the account and those of the program, on the first one that exceeds the number", async () => {
    await begin({}, limited);
    await engine.up(token, "there", reader());
    engine.run().emulator.clearJournal();
    expect(await failuresOf(token, "first", reader())).toEqual([]);
    expect(await failuresOf(token, "second", reader())).toEqual([
      "name: there is no room for it: the account may have 2 access tokens, it has 1 (those that expired in the last 30 days count), and this program adds 2. If Akamai raised the limit for the account, set it with `pulumi config set akamai-edge:tokensPerAccount`",
    ]);
    expect(await failuresOf(token, "third", reader())).toEqual([]);
    // The engine checks a replacement twice.
    expect(await failuresOf(token, "second", reader())).toHaveLength(1);
    expect(count("GET /tokens?includeExpired=true")).toBe(1);
    expect(engine.changes()).toEqual([]);
  });

  test("one that expired in the last 30 days counts, and one that expired before does not", async () => {
    await begin({ legacyTokens: true }, { tokensPerAccount: "1" });
    const expiry = new Date(engine.emulator.clock.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    await engine.somebody().send({
      method: "POST",
      path: "/edgekv/v1/tokens",
      json: { name: "old", expiry, allowOnProduction: false, ...reader() },
    });
    engine.later(10 * 86_400);
    expect(await failuresOf(token, "first", reader())).toEqual([expect.stringContaining("it has 1 (")]);
    engine.later(30 * 86_400);
    expect(await failuresOf(token, "first", reader())).toEqual([]);
  });

  test("a rotation needs room for both; what exists, or was made by an interrupted run, needs none", async () => {
    await begin({}, { tokensPerAccount: "1" });
    const made = await engine.up(token, "first", reader());
    expect((await engine.run().preview(token, "first", reader(), made)).failures).toEqual([]);
    expect(await failuresOf(token, "first", reader())).toEqual([]);
    const rotated = await engine.run().preview(token, "first", reader({ replaceTriggers: 1 }), made);
    expect(rotated.failures).toEqual([expect.objectContaining({ property: "name" })]);
  });

  test("without the setting nothing is counted, and the service's refusal names it", async () => {
    await begin({ tokensPerAccount: 1 });
    await engine.up(token, "first", reader());
    const { message } = await engine.run().failingUp(token, "second", reader());
    expect(message).toContain("Each account is allowed 1 tokens.");
    expect(message).toContain(
      "With that number in `akamai-edge:tokensPerAccount`, a preview reports it beforehand.",
    );
    expect(count("GET /tokens?includeExpired=true")).toBe(0);
  });
});

const worker: Declared = { token: "edgeworkers:EdgeWorker", name: "greeter", args: () => greeterArgs };
const version = (name = "code", greeting = "hello"): Declared => ({
  token: "edgeworkers:Version",
  name,
  args: (of) => ({ edgeWorkerId: of("greeter").edgeWorkerId, bundle: code(greeting), version: "auto" }),
});
const activation = (network: string, from = "code"): Declared => ({
  token: "edgeworkers:Activation",
  name: network,
  args: (of) => ({ edgeWorkerId: of("greeter").edgeWorkerId, network, version: of(from).version }),
});

describe("versions", () => {
  test("an EdgeWorker that is full refuses the next version, and not the one that it has", async () => {
    const stack = await begin({ versionsPerEdgeWorker: 2 });
    await stack.up([worker, version("code"), version("other", "hi")]);
    engine.emulator.clearJournal();
    await stack.up([worker, version("code"), version("other", "hi")]);
    expect(engine.changes()).toEqual([]);
    const message = await failure(stack.up([worker, version("code", "changed"), version("other", "hi")]));
    expect(message).toContain(
      `version: there is no room for it: EdgeWorker ${String(stack.of("greeter").edgeWorkerId)} may have 2 versions, it has 2, and this program adds 1. Delete versions that nobody needs, or ask Akamai to raise the limit`,
    );
    expect(engine.changes()).toEqual([]);
    expect(count("GET /edgeworkers/v1/limits")).toBe(1);
  });

  test("what the run itself uploaded counts once", async () => {
    const stack = await begin({ versionsPerEdgeWorker: 3 });
    await stack.up([worker, version("a", "1")]);
    await stack.up([worker, version("a", "1"), version("b", "2"), version("c", "3")]);
    expect(
      await failure(
        stack.up([worker, version("a", "1"), version("b", "2"), version("c", "3"), version("d", "4")]),
      ),
    ).toContain("it has 3, and this program adds 1");
  });
});

describe("activations of the day", () => {
  const program = (greeting: string) => [
    worker,
    version("code", greeting),
    activation("staging"),
    activation("production"),
  ];

  test("those of the last day and those of the program; a day later there is room again", async () => {
    const stack = await begin({ activationsPerDay: 3 });
    await stack.up(program("one"));
    engine.emulator.clearJournal();
    const message = await failure(stack.up(program("two")));
    expect(message).toContain(
      "version: there is no room for it: the account may have 3 activations a day, its EdgeWorkers had 2 in the last 24 hours, and this program adds 2. Run again when those are a day old, or ask Akamai to raise the limit",
    );
    engine.later(86_400);
    await stack.up(program("two"));
    expect(engine.changes().filter((one) => one.endsWith("/activations"))).toHaveLength(2);
  });

  test("a program that needs more than a day allows, while nothing exists yet", async () => {
    await begin({ activationsPerDay: 1 });
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const args = { edgeWorkerId: unknown, network: "staging", version: "1.0" };
    expect(await failuresOf("edgeworkers:Activation", "a", args)).toEqual([]);
    expect(await failuresOf("edgeworkers:Activation", "b", args)).toEqual([
      "version: there is no room for it: the account may have 1 activations a day, and this program adds 2. Activate fewer in one run, or ask Akamai to raise the limit",
    ]);
  });

  test("what is live or on its way already needs none, and the requests are bounded", async () => {
    const stack = await begin({ activationsPerDay: 2 });
    await stack.up(program("one"));
    engine.emulator.clearJournal();
    const edgeWorkerId = stack.of("greeter").edgeWorkerId;
    const args = { edgeWorkerId, network: "staging", version: stack.of("code").version };
    expect(await failuresOf("edgeworkers:Activation", "again", args)).toEqual([]);
    for (let id = 1; id <= 15; id++)
      await engine.preview("edgeworkers:Activation", `a${id}`, { ...args, edgeWorkerId: id, version: "1.0" });
    expect(count("GET /edgeworkers/v1/limits")).toBeLessThanOrEqual(1);
    expect(engine.requests().filter((one) => /activations$/.test(one)).length).toBeLessThanOrEqual(10);
  });
});

test("namespaces and EdgeWorkers: only the first one that exceeds the number is reported", async () => {
  await begin({ edgeWorkerIds: 1 }, { namespacesPerNetwork: "2" });
  const catalog = { network: "staging", groupId: 72297, retentionInSeconds: 0 };
  for (const [token, args] of [
    ["edgekv:Namespace", catalog],
    ["edgeworkers:EdgeWorker", greeterArgs],
  ] as const) {
    const failures = [];
    for (const name of ["a", "b", "c"]) failures.push((await failuresOf(token, name, args)).length);
    expect(failures).toEqual([0, 1, 0]);
  }
});
