/**
 * Other people and tools change the same objects while a run goes on: right before each request of the run, and right after each that changes something. What
 * is theirs stays as they made it; what is the program's is brought back by the next run, or that run says what is in the way. Nothing is there twice.
 */
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { Account } from "../../../emulator/account/account";
import { readPrimary } from "../../../emulator/replication";
import { deleteItem, writeItem } from "../../../provider/api/edgekv/items";
import {
  cancelNamespaceDelete,
  createNamespace,
  findNamespace,
  scheduleNamespaceDelete,
  updateRetention,
} from "../../../provider/api/edgekv/namespaces";
import { createToken, revokeToken } from "../../../provider/api/edgekv/tokens";
import { activate, deactivate } from "../../../provider/api/edgeworkers/activations";
import { updateEdgeWorker } from "../../../provider/api/edgeworkers/ids";
import { uploadVersion } from "../../../provider/api/edgeworkers/versions";
import { packBundle } from "../../../provider/bundle/pack";
import { ApiError, ConnectionError } from "../../../provider/errors";
import { createHttpClient } from "../../../provider/http/client";
import type { ApiRequest, HttpClient } from "../../../provider/runtime/httpClient";
import { edgekv, edgeworkers, property } from "../../../sdk";
import { addEdgeWorkers } from "../../support/edgeWorkers";
import { Others } from "../../support/property";
import { accountOf } from "../../support/testEngine/account";
import { ProgramStack, type RunResult } from "../../support/testEngine/programStack";
import { every, isFull, report } from "../support/extent";
import { groupId, itemsOf, liveOn, namespace, network, propertyOf, textOf, there } from "../support/scenario";

Error.stackTraceLimit = 0;

/** What the others did. */
interface ForeignChange {
  readonly what: string;
  readonly phases: readonly Phase[];
  readonly act: (http: HttpClient, account: Account) => Promise<void>;
  /** How a run may fail that stops for it. Without it, every run after the disturbed one has to succeed. */
  readonly refusal?: RegExp;
  /** What is not any more as they made it; asked for where they came through with it. */
  readonly undone?: (account: Account) => string[];
}
type Phase = "create" | "update";

/** Programs of one product, and all that others may do meanwhile. */
interface Sandbox {
  readonly name: string;
  readonly programs: Readonly<Record<Phase, PulumiFn>>;
  /** What is not as the program of the phase says. */
  readonly wrong: (account: Account, phase: Phase) => string[];
  readonly foreignChanges: readonly ForeignChange[];
}

class Findings {
  readonly all: string[] = [];
  demand(what: string, is: unknown, wanted: unknown): this {
    const [have, want] = [JSON.stringify(is), JSON.stringify(wanted)];
    if (have !== want) this.all.push(`${what}: ${have} instead of ${want}`);
    return this;
  }
}

// ---- EdgeKV ----

const retentionOf = { create: 86_400, update: 172_800 } as const;
const permissionsOf = { create: ["r"], update: ["r", "w"] } as const;
const wordOf = { create: "Hello", update: "Good day" } as const;
const place = { network, namespace, group: "greetings" } as const;
const text = (value: string) => ({ bytes: Buffer.from(value), json: false });
const theirToken = {
  name: "reader",
  allowOnStaging: true,
  allowOnProduction: false,
  namespacePermissions: { default: ["r"] },
};

const edgeKvProgram =
  (phase: Phase): PulumiFn =>
  async () => {
    const database = new edgekv.Database("edgekv", {});
    const catalog = new edgekv.Namespace(
      namespace,
      { network, groupId, retentionInSeconds: retentionOf[phase] },
      { dependsOn: database },
    );
    new edgekv.Item("greeting", {
      network,
      namespace: catalog.name,
      group: place.group,
      key: "US",
      value: wordOf[phase],
    });
    new edgekv.ItemGroup("words", {
      network,
      namespace: catalog.name,
      group: "words",
      items: { DE: wordOf[phase], JP: "word" },
    });
    new edgekv.AccessToken("reader", {
      name: "reader",
      allowOnStaging: true,
      namespacePermissions: catalog.name.apply((name) => ({ [name]: [...permissionsOf[phase]] })),
    });
  };

const edgeKvSite: Sandbox = {
  name: "EdgeKV",
  programs: { create: edgeKvProgram("create"), update: edgeKvProgram("update") },
  wrong(account, phase) {
    const { default: _, ...namespaces } = there(account.edgekv.namespaces[network]);
    const tokens = there(account.edgekv.tokens);
    const { US, ...others } = itemsOf(account, place.group);
    const words = itemsOf(account, "words");
    return new Findings()
      .demand("namespaces", Object.keys(namespaces), [namespace])
      .demand("retention", namespaces[namespace]?.retentionInSeconds, retentionOf[phase])
      .demand("scheduled delete", namespaces[namespace]?.scheduledDeleteTime, undefined)
      .demand("greeting", US, wordOf[phase])
      .demand("other items", Object.keys(others).length <= 1, true)
      .demand("words", [words.DE, words.JP], [wordOf[phase], "word"])
      .demand("tokens", Object.keys(tokens), ["reader"])
      .demand("permissions", tokens.reader?.namespacePermissions, { [namespace]: permissionsOf[phase] }).all;
  },
  foreignChanges: [
    {
      what: "change the namespace's retention",
      phases: ["create", "update"],
      // Before there is one of the program's, this makes it somebody's: there is something in it that nobody declared.
      act: async (http) => {
        const live = await findNamespace(http, network, namespace);
        if (live !== undefined) await updateRetention(http, network, live, 864_000);
      },
    },
    {
      what: "schedule the namespace's deletion",
      phases: ["create", "update"],
      act: async (http) => {
        await scheduleNamespaceDelete(http, network, namespace);
      },
    },
    {
      what: "schedule the namespace's deletion and cancel it",
      phases: ["update"],
      act: async (http) => {
        await scheduleNamespaceDelete(http, network, namespace);
        await cancelNamespaceDelete(http, network, namespace);
      },
    },
    {
      what: "make the namespace first",
      phases: ["create"],
      act: async (http) => {
        await createNamespace(http, network, {
          name: namespace,
          retentionInSeconds: 864_000,
          groupId,
          geoLocation: "US",
          restrictDataAccess: undefined,
        });
      },
      refusal: /namespace \w+ exists on staging and is not managed by this program: set `adopt: true`/,
      undone: ({ edgekv: { namespaces } }) =>
        new Findings().demand(
          "their retention",
          readPrimary(namespaces[network][namespace])?.retentionInSeconds,
          864_000,
        ).all,
    },
    {
      what: "make a token of the same name",
      phases: ["create", "update"],
      act: async (http) => {
        await createToken(http, theirToken);
      },
      refusal: /token [\w-]+ exists/,
      undone: ({ edgekv: { tokens } }) =>
        new Findings().demand(
          "their token",
          readPrimary(tokens.reader)?.namespacePermissions,
          theirToken.namespacePermissions,
        ).all,
    },
    {
      what: "revoke the token",
      phases: ["create", "update"],
      act: async (http) => {
        await revokeToken(http, "reader");
      },
    },
    {
      what: "change items",
      phases: ["create", "update"],
      act: async (http) => {
        await writeItem(http, { ...place, key: "US" }, text("theirs"));
        await writeItem(http, { ...place, group: "words", key: "DE" }, text("theirs"));
      },
      refusal: /overwrite: true/,
    },
    {
      what: "delete items",
      phases: ["create", "update"],
      act: async (http) => {
        await deleteItem(http, { ...place, key: "US" });
        await deleteItem(http, { ...place, group: "words", key: "DE" });
      },
    },
    {
      what: "add items",
      phases: ["create", "update"],
      act: async (http) => {
        await writeItem(http, { ...place, key: "theirs" }, text("theirs"));
        await writeItem(http, { ...place, group: "words", key: "theirs" }, text("theirs"));
      },
      undone: (account) =>
        new Findings()
          .demand("their item", itemsOf(account, place.group).theirs, "theirs")
          .demand("their word", itemsOf(account, "words").theirs, "theirs").all,
    },
  ],
};

// ---- EdgeWorkers ----

const codeOf = { create: "first", update: "second" } as const;
const versionOf = { create: "1.0", update: "2.0" } as const;
const filesOf = (version: string, code: string) => ({
  "main.js": `export function onClientRequest(request) {\n  request.respondWith(200, {}, "${code}");\n}\n`,
  "bundle.json": `{ "edgeworker-version": "${version}" }`,
});
const packed = (version: string, code: string) =>
  packBundle(
    new Map(Object.entries(filesOf(version, code)).map(([name, content]) => [name, Buffer.from(content)])),
  );

const edgeWorkersProgram =
  (phase: Phase, isAuto: boolean): PulumiFn =>
  async () => {
    const { edgeWorkerId } = new edgeworkers.EdgeWorker("greeter", {
      groupId,
      resourceTierId: 100,
      description: codeOf[phase],
    });
    const bundle = filesOf(versionOf[phase], codeOf[phase]);
    const code = new edgeworkers.Version("greeter", {
      edgeWorkerId,
      bundle,
      keepVersions: 1,
      ...(isAuto ? { version: "auto" } : {}),
    });
    new edgeworkers.Activation("greeter", { edgeWorkerId, network, version: code.version });
  };

/** The only EdgeWorker. */
const theId = ({ edgeworkers: { ids } }: Account) => Number(Object.keys(there(ids))[0] ?? 0);
const versionsIn = ({ edgeworkers: { belongings } }: Account, id: number) =>
  there(belongings[String(id)]?.versions);

const edgeWorkersSite = (isAuto: boolean): Sandbox => ({
  name: isAuto ? "EdgeWorkers, derived names" : "EdgeWorkers",
  programs: { create: edgeWorkersProgram("create", isAuto), update: edgeWorkersProgram("update", isAuto) },
  wrong(account, phase) {
    const ids = Object.keys(there(account.edgeworkers.ids));
    const worker = there(account.edgeworkers.ids)[ids[0] ?? ""];
    const versions = versionsIn(account, theId(account));
    const live = versions[liveOn(account, ids[0] ?? "") ?? ""];
    const copies = Object.values(versions).filter((version) =>
      textOf(version).includes(`"${codeOf[phase]}"`),
    );
    return new Findings()
      .demand("EdgeWorkers", ids.length, 1)
      .demand("name", worker?.name, "greeter")
      .demand("description", worker?.description?.replace(/ \[pulumi [0-9a-f]+\]$/, ""), codeOf[phase])
      .demand("marked", worker?.description?.includes("[pulumi "), true)
      .demand("versions of the code", copies.length, 1)
      .demand("live code", live !== undefined && textOf(live).includes(`"${codeOf[phase]}"`), true).all;
  },
  foreignChanges: [
    {
      what: "rename the EdgeWorker and describe it anew",
      phases: ["create", "update"],
      act: async (http, account) => {
        await updateEdgeWorker(http, theId(account), { name: "theirs", groupId, description: "theirs" });
      },
    },
    {
      what: "upload a version of the same name with other content",
      phases: ["create", "update"],
      act: async (http, account) => {
        for (const version of Object.values(versionOf))
          await uploadVersion(http, theId(account), await packed(version, "theirs"));
      },
      refusal: /was used before|other content/,
      undone: (account) =>
        new Findings().demand(
          "their version",
          Object.values(versionsIn(account, theId(account))).some((version) =>
            textOf(version).includes('"theirs"'),
          ),
          true,
        ).all,
    },
    {
      what: "activate another version",
      phases: ["create", "update"],
      act: async (http, account) => {
        const id = theId(account);
        await uploadVersion(http, id, await packed("9.0", "theirs"));
        await activate(http, id, { network, version: "9.0" });
      },
      undone: (account) =>
        new Findings().demand("their version", "9.0" in versionsIn(account, theId(account)), true).all,
    },
    {
      what: "activate the version of the program",
      phases: ["create", "update"],
      act: async (http, account) => {
        const id = theId(account);
        const version = Object.keys(versionsIn(account, id)).at(-1) ?? "none";
        await activate(http, id, { network, version });
      },
    },
    {
      what: "take what is live off the network",
      phases: ["create", "update"],
      act: async (http, account) => {
        const id = theId(account);
        await deactivate(http, id, { network, version: liveOn(account, String(id)) ?? "none" });
      },
    },
  ],
});

// ---- properties ----

const pathOf = { create: "/hello", update: "/good-day" } as const;

const propertyProgram =
  (phase: Phase): PulumiFn =>
  async () => {
    const { edgeWorkerId } = new edgeworkers.EdgeWorker("greeter", { groupId, resourceTierId: 100 });
    const rules = new property.EdgeWorkerRules("greeter", {
      propertyName: "www.example.com",
      baseVersion: "latest",
      rules: [
        { name: "Greeter", parent: ["Sites", "Shop"], paths: [pathOf[phase]], edgeWorker: { edgeWorkerId } },
      ],
    });
    const { propertyId, version } = rules;
    new property.Activation("site", { propertyId, version, network, notifyEmails: ["web@example.com"] });
  };

const latestOf = (account: Account) => propertyOf(account).versions.length;
const rulesOf = (account: Account, version: number) =>
  JSON.stringify(propertyOf(account).versions[version - 1]?.rules);
const liveVersionOf = (account: Account) =>
  propertyOf(account).activations.findLast(
    ({ activationType, outcome, endsAt, cancelledAt, network: on }) =>
      on === "STAGING" &&
      activationType === "ACTIVATE" &&
      outcome === "ACTIVE" &&
      endsAt <= account.now &&
      cancelledAt === undefined,
  )?.propertyVersion ?? 0;
const theirRule = {
  name: "Theirs",
  children: [],
  criteria: [],
  behaviors: [{ name: "caching", options: { behavior: "NO_STORE" } }],
};
const someWith = (account: Account, part: string) =>
  propertyOf(account).versions.some((_, index) => rulesOf(account, index + 1).includes(part));

const propertySite: Sandbox = {
  name: "Property",
  programs: { create: propertyProgram("create"), update: propertyProgram("update") },
  wrong(account, phase) {
    const live = rulesOf(account, liveVersionOf(account)) ?? "";
    return new Findings()
      .demand("EdgeWorkers", Object.keys(there(account.edgeworkers.ids)).length, 1)
      .demand("own rules that are live", live.split("[pulumi ").length - 1, 1)
      .demand("path of the rule", live.includes(`"${pathOf[phase]}"`), true).all;
  },
  foreignChanges: [
    {
      what: "save a rule of theirs in the draft",
      phases: ["create", "update"],
      act: async (http, account) =>
        new Others(http).edit(latestOf(account), (tree) => tree.children?.push(theirRule)),
      undone: (account) => new Findings().demand("their rule", someWith(account, '"Theirs"'), true).all,
    },
    {
      what: "take the program's rules out of the draft",
      phases: ["create", "update"],
      act: async (http, account) =>
        new Others(http).edit(latestOf(account), (tree) => {
          for (const rule of [
            tree,
            ...(tree.children ?? []).flatMap((child) => [child, ...(child.children ?? [])]),
          ])
            rule.children = (rule.children ?? []).filter(({ comments }) => !comments?.includes("[pulumi "));
        }),
    },
    {
      what: "make a draft",
      phases: ["create", "update"],
      act: async (http, account) => {
        const others = new Others(http);
        const draft = await others.copy(latestOf(account));
        await others.edit(draft, (tree) => tree.children?.push(theirRule), "their draft");
      },
      undone: (account) => new Findings().demand("their rule", someWith(account, '"Theirs"'), true).all,
    },
    {
      what: "activate another version",
      phases: ["create", "update"],
      act: async (http) => new Others(http).activate(2, "STAGING"),
    },
    {
      what: "activate the latest version",
      phases: ["create", "update"],
      act: async (http, account) => new Others(http).activate(latestOf(account), "STAGING"),
    },
  ],
};

// ---- the disturbed run, and those after it ----

/** A person with access to the account, on the clock of all. */
function somebody({ emulator, clock }: ProgramStack): HttpClient {
  return createHttpClient({
    credentials: emulator.credentials(),
    certificateAuthority: emulator.ca,
    clock: { now: () => clock.now(), sleep: (ms) => clock.sleep(ms) },
    random: () => 0.5,
  });
}

interface Moment {
  readonly request: number;
  readonly when: "before" | "after";
}

/** Carries something out at a moment of a run. */
class Disturbance {
  /** Whether it came to its end: what others ask for may be refused as well. */
  isDone = false;
  #count = 0;

  constructor(
    private readonly moment: Moment,
    private readonly act: () => Promise<void>,
  ) {}

  readonly through = (inner: HttpClient): HttpClient => ({
    send: async (request: ApiRequest) => {
      this.#count += 1;
      const isNow = this.#count === this.moment.request;
      if (isNow && this.moment.when === "before") await this.#strike();
      try {
        return await inner.send(request);
      } finally {
        if (isNow && this.moment.when === "after") await this.#strike();
      }
    },
  });

  async #strike(): Promise<void> {
    try {
      await this.act();
      this.isDone = true;
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    }
  }
}

/** An error that helps: it names the resource, and is no accident of the provider. */
function unclear({ errors }: RunResult): string[] {
  return errors.filter(
    (error) =>
      !/^(\w+:\w+ |refresh: )/.test(error) ||
      /TypeError|ReferenceError|ZodError|undefined|is not a function|\[object/.test(error),
  );
}

/** What is wrong with the end of one case; nothing when all is well. */
async function caseOf(
  stack: ProgramStack,
  sandbox: Sandbox,
  phase: Phase,
  change: ForeignChange,
  moment: Moment,
): Promise<string[]> {
  const wrong: string[] = [];
  const http = somebody(stack);
  const disturbance = new Disturbance(moment, () => change.act(http, accountOf(stack.emulator)));
  const disturbed = await stack.up(sandbox.programs[phase], { through: disturbance.through });
  wrong.push(...unclear(disturbed).map((error) => `unclear: ${error}`));
  // While a replica is stale, a change by others looks like the state before it.
  stack.later(600);
  const refreshed = await stack.refresh();
  wrong.push(...refreshed.errors.map((error) => `refresh failed: ${error}`));

  const next = await stack.up(sandbox.programs[phase]);
  const { refusal, undone } = change;
  if (next.how === "failed") {
    const others = next.errors.filter((error) => refusal?.test(error) !== true);
    wrong.push(...others.map((error) => `the next run failed: ${error}`));
    if (disturbance.isDone && undone !== undefined) wrong.push(...undone(accountOf(stack.emulator)));
    return wrong;
  }
  const account = accountOf(stack.emulator);
  wrong.push(...sandbox.wrong(account, phase));
  // Where they were in the way and are not any more, what they made has made way as the program says.
  if (disturbance.isDone && undone !== undefined) wrong.push(...undone(account));
  const last = await stack.up(sandbox.programs[phase]);
  if (last.how !== "done" || last.steps.length > 0)
    wrong.push(`the last run ended ${last.how}: ${[...last.steps, ...last.errors].join(", ")}`);
  return wrong;
}

const sites = [edgeKvSite, edgeWorkersSite(false), edgeWorkersSite(true), propertySite];
const isSecond = ({ name }: Sandbox) => name === "EdgeWorkers, derived names";
const seed = Number(process.env.SEED ?? 1);

/** The account and the program's state before the disturbed run. */
async function prepared(sandbox: Sandbox, phase: Phase): Promise<ProgramStack> {
  const stack = await ProgramStack.start({
    lag: { object: 5 },
    seed,
    settings: { initialized: true, edgeWorkerIdsPerMinute: 1000, edgeWorkerIdsPerDay: 1000 },
  });
  if (phase === "create") return stack;
  const made = await stack.up(sandbox.programs.create);
  if (made.how !== "done") throw new Error(made.errors.join("\n"));
  stack.later(600);
  return stack;
}

/** Of so many moments, the short form takes one, another one for each change. */
const apart = isFull ? 3 : 79;

describe.each(sites.map((sandbox) => [sandbox.name, sandbox] as const))("%s", (_, sandbox) => {
  /** What each phase begins with, and all that its run asks for when nobody disturbs it. */
  const bases = {} as Record<Phase, { base: ProgramStack; requests: readonly string[] }>;
  beforeAll(async () => {
    for (const phase of ["create", "update"] as const) {
      const base = await prepared(sandbox, phase);
      const undisturbed = await base.copy();
      const { requests } = await undisturbed.up(sandbox.programs[phase]);
      await undisturbed.close();
      bases[phase] = { base, requests };
    }
  });
  afterAll(async () => {
    for (const { base } of Object.values(bases)) await base.close();
  });

  const all = sandbox.foreignChanges.flatMap((change) =>
    change.phases.map((phase) => [phase, change.what, change] as const),
  );
  // The short form takes each change once where another site has it in both phases.
  const cases = isFull || !isSecond(sandbox) ? all : all.filter((_, index) => index % 2 === (index >> 1) % 2);
  test.each(cases)(
    "during %s, others %s",
    async (phase, what, change) => {
      const { base, requests } = bases[phase];
      const moments = requests.flatMap((request, index): Moment[] => [
        { request: index + 1, when: "before" },
        ...(request.startsWith("GET ") ? [] : [{ request: index + 1, when: "after" } as const]),
      ]);
      const failures: string[] = [];
      const offset = (19 * (1 + sandbox.foreignChanges.indexOf(change))) % moments.length;
      const chosen =
        process.env.AT === undefined
          ? [...moments.slice(offset), ...moments.slice(0, offset)].filter((_, index) => index % apart === 0)
          : moments.filter(({ request, when }) => `${when} ${request}` === process.env.AT);
      for (const moment of chosen) {
        const stack = await base.copy();
        const wrong = await caseOf(stack, sandbox, phase, change, moment);
        await stack.close();
        if (wrong.length > 0)
          failures.push(
            `${moment.when} ${moment.request} (${requests[moment.request - 1]}): ${wrong.join("; ")}`,
          );
      }
      report("Concurrent changes", {
        product: sandbox.name,
        during: phase,
        change: what,
        cases: chosen.length,
        "not right": failures.length,
      });
      expect(failures).toEqual([]);
    },
    600_000,
  );
});

// ---- two programs ----

const nextVersion = (account: Account) => rulesOf(account, latestOf(account));

/** A program with one rule in the property, with which it goes on from what is the latest version. */
const ruleOf =
  (name: string, reuseDraft = true): PulumiFn =>
  async () => {
    new property.EdgeWorkerRules(name, {
      propertyName: "www.example.com",
      baseVersion: "latest",
      reuseDraft: reuseDraft,
      rules: [{ name, parent: ["Sites", "Shop"], paths: [`/${name}`], edgeWorker: { edgeWorkerId: 42 } }],
    });
  };

/** The account with the names of both; each has a namespace, a token and a group of items of the same names. */
async function twoStacks(): Promise<[ProgramStack, ProgramStack]> {
  const first = await ProgramStack.start({ lag: { object: 5 }, seed, settings: { initialized: true } });
  addEdgeWorkers(first.emulator, 42);
  return [first, first.beside("other")];
}

const ends = (...runs: readonly RunResult[]) =>
  runs.flatMap(({ how, errors }) => (how === "done" ? [] : errors));

describe("two programs", () => {
  test("that declare the same names: one has them, the other fails", async () => {
    const [one, other] = await twoStacks();
    const failures: string[] = [];
    const both = [edgeKvProgram("create"), edgeKvProgram("update")] as const;
    await one.up(both[0]);
    const refused = await other.up(both[1]);
    if (!refused.errors.some((error) => /not managed by this program/.test(error)))
      failures.push(...refused.errors, "nobody refused");
    failures.push(...unclear(refused), ...edgeKvSite.wrong(accountOf(one.emulator), "create"));
    const again = await one.up(both[0]);
    failures.push(...again.steps, ...again.errors);
    await one.close();
    report("Concurrent changes", {
      product: "EdgeKV",
      during: "create",
      change: "declare the same names",
      cases: 1,
      "not right": failures.length,
    });
    expect(failures).toEqual([]);
  }, 120_000);

  test("that declare the same names at the same time: one has them, the other fails", async () => {
    const failures: string[] = [];
    const moments = every(
      15,
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    for (const request of moments) {
      const [one, other] = await twoStacks();
      const both = [edgeKvProgram("create"), edgeKvProgram("update")] as const;
      let inTheMiddle: RunResult | undefined;
      const disturbance = new Disturbance({ request, when: "before" }, async () => {
        inTheMiddle = await other.up(both[1]);
      });
      const first = await one.up(both[0], { through: disturbance.through });
      const runs = [first, ...(inTheMiddle === undefined ? [] : [inTheMiddle])];
      const wrong = runs.flatMap(unclear);
      one.later(600);
      // Whoever has the namespace goes on; the other one goes on being refused.
      const next = [await one.up(both[0]), await other.up(both[1])];
      const owners = [one, other].filter(({ resources }) => resources.has(`edgekv:Namespace ${namespace}`));
      if (owners.length !== 1) wrong.push(`${owners.length} programs have the namespace`);
      const refused = next.filter(({ errors }) =>
        errors.some((error) => /not managed by this program/.test(error)),
      );
      if (refused.length !== 1)
        wrong.push(
          `${refused.length} programs were refused: ${next.flatMap(({ errors }) => errors).join("; ")}`,
        );
      await one.close();
      if (wrong.length > 0) failures.push(`before ${request}: ${wrong.join("; ")}`);
    }
    report("Concurrent changes", {
      product: "EdgeKV",
      during: "create",
      change: "declare the same names at the same time",
      cases: moments.length,
      "not right": failures.length,
    });
    expect(failures).toEqual([]);
  }, 600_000);

  test("with different rules in one property, at the same time: both rules are in it", async () => {
    const failures: string[] = [];
    const [one, other] = await twoStacks();
    const runs = await Promise.all([one.up(ruleOf("one")), other.up(ruleOf("other"))]);
    failures.push(...ends(...runs));
    const rules = nextVersion(accountOf(one.emulator));
    for (const path of ["/one", "/other"])
      if (!rules.includes(`"${path}"`)) failures.push(`the latest version lacks ${path}`);
    await one.close();
    expect(failures).toEqual([]);
  }, 120_000);

  test.each([
    ["drafts of each other", true],
    ["copies", false],
  ])(
    "with different rules in one property, one in the middle of the other, in %s: both rules are in it",
    async (_, reuse) => {
      const failures: string[] = [];
      const alone = await ProgramStack.start({ lag: { object: 5 }, seed, settings: { initialized: true } });
      addEdgeWorkers(alone.emulator, 42);
      const { requests } = await alone.up(ruleOf("one", reuse));
      await alone.close();
      const moments = requests.flatMap((_, index): Moment[] => [
        { request: index + 1, when: "before" },
        { request: index + 1, when: "after" },
      ]);
      for (const moment of every(5, moments)) {
        const [one, other] = await twoStacks();
        let inTheMiddle: RunResult | undefined;
        const disturbance = new Disturbance(moment, async () => {
          inTheMiddle = await other.up(ruleOf("other", reuse));
        });
        const first = await one.up(ruleOf("one", reuse), { through: disturbance.through });
        const wrong = ends(first, ...(inTheMiddle === undefined ? [] : [inTheMiddle]));
        const rules = nextVersion(accountOf(one.emulator));
        for (const path of ["/one", "/other"])
          if (!rules.includes(`"${path}"`)) wrong.push(`the latest version lacks ${path}`);
        await one.close();
        if (wrong.length > 0)
          failures.push(
            `${moment.when} ${moment.request} (${requests[moment.request - 1]}): ${wrong.join("; ")}`,
          );
      }
      report("Concurrent changes", {
        product: "Property",
        during: "create",
        change: "declare rules of their own",
        cases: moments.length,
        "not right": failures.length,
      });
      expect(failures).toEqual([]);
    },
    600_000,
  );
});
