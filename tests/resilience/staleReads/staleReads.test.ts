/**
 * Every read is answered by a replica of any age up to the documented lag (10 s for items, 5 min for a namespace's changes, a few seconds for what is made or
 * deleted), chosen by a seeded generator. Whatever the replicas show, a run forgets nothing, makes nothing twice and deletes nothing that should live.
 */
import { nextRandom } from "../../../emulator/prng";
import { accountOf } from "../../support/testEngine/account";
import { ProgramStack, type RunResult } from "../../support/testEngine/programStack";
import { isFull, report } from "../support/extent";
import { type Fixture, namespace, network, programOf, propertyOf, there, wrongIn } from "../support/scenario";

/** How long what was made or deleted may be stale, in seconds, and how many seeds there are for that. */
const extents: readonly (readonly [objectLag: number, seeds: number])[] = isFull
  ? [
      [0, 100],
      [5, 1000],
      [20, 100],
      [60, 100],
    ]
  : [
      [5, 6],
      [20, 2],
      [60, 2],
    ];
const numbersTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const { SEED, OBJECT_LAG } = process.env;

/** What an account was asked to make, however short it lived. */
type Made = Readonly<
  Record<
    "namespaces" | "tokens" | "ids" | "versions" | "activations" | "deactivations" | "property versions",
    number
  >
>;

/** The random choices of one scenario: all that differs between two seeds comes from here. */
class Choices {
  constructor(private readonly holder: { prng: number }) {}
  upTo(most: number): number {
    return Math.floor(nextRandom(this.holder) * (most + 1));
  }
  is(): boolean {
    return this.upTo(1) === 1;
  }
  shuffled<T>(all: readonly T[]): T[] {
    return all
      .map((one) => [this.upTo(1e9), one] as const)
      .sort(([a], [b]) => a - b)
      .map(([, one]) => one);
  }
}

/** Everything that a scenario may change, each change leading to another value than before. */
const changes: readonly ((declared: Fixture, n: number) => Fixture)[] = [
  (declared, n) => ({ ...declared, retentionInSeconds: 86_400 * (n + 2) }),
  (declared) => ({ ...declared, permissions: declared.permissions.length === 1 ? ["r", "w"] : ["r"] }),
  (declared, n) => ({ ...declared, refreshTriggers: n }),
  (declared, n) => ({ ...declared, greeting: `Hello ${n}` }),
  (declared, n) => ({ ...declared, words: { DE: "Guten Tag", [`word-${n}`]: "word" } }),
  (declared, n) => ({ ...declared, code: `code ${n}` }),
  (declared, n) => ({ ...declared, description: `Greets visitors ${n}` }),
  (declared, n) => (declared.path === undefined ? declared : { ...declared, path: `/hello/${n}` }),
];

/** A scenario, step by step: each step throws when it did not end right. */
class Scenario {
  readonly #choose: Choices;
  #declared: Fixture;
  #expected = {
    namespaces: 0,
    tokens: 0,
    ids: 0,
    versions: 0,
    activations: 0,
    deactivations: 0,
    "property versions": 0,
  };
  #requests = 0;

  constructor(
    private readonly stack: ProgramStack,
    seed: number,
  ) {
    this.#choose = new Choices({ prng: seed });
    this.#declared = {
      retentionInSeconds: 86_400,
      deletion: this.#choose.is() ? "scheduled" : "immediate",
      tokenName: this.#choose.is() ? "reader" : undefined,
      permissions: ["r"],
      refreshTriggers: 0,
      description: "Greets visitors",
      greeting: "Hello",
      words: { DE: "Guten Tag", JP: "こんにちは" },
      code: "code",
      path: this.#choose.upTo(3) === 0 ? "/hello" : undefined,
    };
  }

  get requests(): number {
    return this.#requests;
  }

  async tell(): Promise<void> {
    await this.#create();
    const again = this.#choose.is() ? [this.#update] : [this.#same];
    for (const step of this.#choose.shuffled([this.#update, this.#refresh, ...again])) await step.call(this);
    await this.#destroy();
    await this.#create();
    await this.#same();
  }

  async #create(): Promise<void> {
    await this.#up("create");
    const { namespaces } = this.#expected;
    // A delete that is only scheduled is called back: the namespace is still the one that was made first.
    this.#expect({
      namespaces: this.#declared.deletion === "scheduled" && namespaces > 0 ? 0 : 1,
      tokens: 1,
      ids: 1,
      versions: 1,
      activations: 1,
    });
    // The seeded property's latest version is live, so that the first rule needs a version of its own; the second time there is a draft.
    if (this.#declared.path !== undefined && this.#expected["property versions"] === 0)
      this.#expect({ "property versions": 1 });
    this.#demand("create");
  }

  async #same(): Promise<void> {
    const { steps } = await this.#up("no-op");
    if (steps.length > 0) throw new Error(`there was nothing to do, but: ${steps.join(", ")}`);
    this.#demand("no-op");
  }

  async #refresh(): Promise<void> {
    const before = [...this.stack.resources.keys()];
    this.#ended("refresh", await this.stack.refresh());
    const lost = before.filter((urn) => !this.stack.resources.has(urn));
    if (lost.length > 0) throw new Error(`the refresh dropped ${lost.join(", ")}`);
    this.#demand("refresh");
  }

  async #update(): Promise<void> {
    const before = this.#declared;
    const n = this.#expected.versions * 1000 + this.#choose.upTo(999);
    const [first, ...others] = this.#choose.shuffled(changes);
    for (const change of [first, ...others.filter(() => this.#choose.is())])
      this.#declared = change?.(this.#declared, n) ?? this.#declared;
    await this.#up("update");
    const isRotated = this.#declared.permissions.length !== before.permissions.length;
    if (isRotated) this.#expect({ tokens: 1 });
    if (isRotated || this.#declared.code !== before.code) this.#expect({ versions: 1, activations: 1 });
    this.#demand("update");
  }

  async #destroy(): Promise<void> {
    this.#ended("destroy", await this.stack.destroy());
    this.#expect({ deactivations: 1 });
    this.#demandMade("destroy");
    const { edgekv, edgeworkers } = accountOf(this.stack.emulator);
    const left = there(edgekv.namespaces[network])[namespace];
    const names = [
      ...Object.keys(there(edgekv.tokens)),
      ...Object.keys(there(edgeworkers.ids)),
      ...this.stack.resources.keys(),
    ];
    if (names.length > 0) throw new Error(`the destroy left ${names.join(", ")}`);
    if ((left?.scheduledDeleteTime !== undefined) !== (this.#declared.deletion === "scheduled")) {
      throw new Error(`the destroy left the namespace ${JSON.stringify(left)}`);
    }
  }

  /** `up`, after a pause: the shorter it is, the more the replicas still have to hear of. */
  async #up(what: string): Promise<RunResult> {
    const ended = await this.stack.up(programOf(this.#declared));
    return this.#ended(what, ended);
  }

  #ended(what: string, ended: RunResult): RunResult {
    this.#requests += ended.requests.length;
    if (ended.how !== "done") throw new Error(`${what} ended ${ended.how}: ${ended.errors.join("\n")}`);
    if (this.#choose.is()) this.stack.later(this.#choose.upTo(this.#choose.is() ? 400 : 10));
    return ended;
  }

  #expect(more: Partial<Made>): void {
    for (const [what, count] of Object.entries(more)) this.#expected[what as keyof Made] += count;
  }

  #demand(what: string): void {
    const wrong = wrongIn(this.stack.emulator, this.#declared);
    if (wrong.length > 0) throw new Error(`after ${what}: ${wrong.join("; ")}`);
    this.#demandMade(what);
  }

  #demandMade(what: string): void {
    expect({ after: what, made: madeIn(this.stack) }).toEqual({ after: what, made: this.#expected });
  }
}

/** Counted where requests arrive, since of what is deleted no trace may be left. */
function madeIn({ emulator }: ProgramStack): Made {
  const done = emulator
    .journal()
    .filter(({ method, status }) => method === "POST" && status !== null && status < 300);
  const of = (path: RegExp) => done.filter((entry) => path.test(entry.path)).length;
  return {
    namespaces: of(/\/namespaces$/),
    tokens: of(/^\/edgekv\/v1\/tokens$/),
    ids: of(/\/ids$/),
    versions: of(/\/ids\/\d+\/versions$/),
    activations: of(/\/ids\/\d+\/activations$/),
    deactivations: of(/\/ids\/\d+\/deactivations$/),
    "property versions": propertyOf(accountOf(emulator)).versions.length - 3,
  };
}

// A failure is reported with its seed. The stacks of errors are a part of the time of each request.
Error.stackTraceLimit = 0;

const scenariosOfATest = 100;
const chosen = OBJECT_LAG === undefined ? extents : [[Number(OBJECT_LAG), 16] as const];
const parts = chosen.flatMap(([objectLag, count]) => {
  const seeds = SEED === undefined ? numbersTo(count) : [Number(SEED)];
  return numbersTo(Math.ceil(seeds.length / scenariosOfATest)).map((part) => ({
    objectLag,
    seeds: seeds.slice((part - 1) * scenariosOfATest, part * scenariosOfATest),
  }));
});
const totals = new Map(
  chosen.map(([objectLag]) => [
    objectLag,
    { "objects stale for, s": objectLag, scenarios: 0, requests: 0, "not right": 0 },
  ]),
);
afterAll(() => {
  for (const total of totals.values()) report("Stale reads", total);
});

test.each(parts.map(({ objectLag, seeds }) => [seeds[0], seeds.at(-1), objectLag, seeds] as const))(
  "scenarios %d to %d, with reads of objects that may be %d s old",
  async (_, __, objectLag, seeds) => {
    const total = totals.get(objectLag) ?? { scenarios: 0, requests: 0, "not right": 0 };
    const failures: string[] = [];
    for (const seed of seeds) {
      const stack = await ProgramStack.start({
        seed,
        lag: { object: objectLag },
        settings: { initialized: seed % 2 === 0 },
      });
      const scenario = new Scenario(stack, seed);
      await scenario
        .tell()
        .catch((error: unknown) =>
          failures.push(`SEED=${seed}: ${error instanceof Error ? error.message : error}`),
        );
      total.scenarios += 1;
      total.requests += scenario.requests;
      await stack.close();
    }
    total["not right"] += failures.length;
    expect(failures).toEqual([]);
  },
  1_200_000,
);
