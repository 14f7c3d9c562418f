/** The first Ctrl-C: the engine cancels, and the provider ends its waits instead of going on for half an hour. */
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { EmulatorOptions } from "../../emulator";
import { signalEngines } from "../../scripts/processes";
import { edgekv, edgeworkers, property } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";
import { firstOrAll } from "../support/extent";

/** All that waits waits longer than a run does. */
const day = 86_400;
const aDay = { min: day, max: day };

interface Wait {
  readonly what: string;
  readonly options: EmulatorOptions;
  readonly program: PulumiFn;
  /** The request after which it waits, and what it asks for until that is done. */
  readonly sent: RegExp;
  readonly asked: RegExp;
  /** Whether the wait is one of the destroy. */
  readonly isOfDestroy?: boolean;
}

const bundle = {
  "main.js": "export function onClientRequest(request) {\n  request.respondWith(200, {}, 'hello');\n}\n",
  "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
};
const live =
  (mode: "retain" | "deactivate"): PulumiFn =>
  async () => {
    const { edgeWorkerId } = new edgeworkers.EdgeWorker("hello", { groupId: 72_297, resourceTierId: 200 });
    const { version } = new edgeworkers.Version("code", { edgeWorkerId, bundle, version: "auto" });
    new edgeworkers.Activation("live", { edgeWorkerId, version, network: "staging", deletion: { mode } });
  };

/** All but the one for the database: the service answers the request itself when that is done. */
const waits: readonly Wait[] = [
  {
    what: "a token that is to become active",
    options: { lag: { preset: "none", activation: day } },
    program: async () => {
      new edgekv.AccessToken("reader", { allowOnStaging: true, namespacePermissions: { default: ["r"] } });
    },
    sent: /^POST \/edgekv\/v1\/tokens$/,
    asked: /^GET \/edgekv\/v1\/tokens/,
  },
  {
    what: "an upload of items",
    options: { lag: { preset: "none", upload: aDay } },
    program: async () => {
      new edgekv.ItemGroup("words", {
        network: "staging",
        namespace: "default",
        group: "words",
        items: { DE: "Guten Tag", US: "Hello" },
        transfer: "bulk",
      });
    },
    sent: /^POST .*\/upload/,
    asked: /^GET /,
  },
  {
    what: "an activation of an EdgeWorker",
    options: { lag: { preset: "none", deployment: aDay } },
    program: live("retain"),
    sent: /^POST .*\/activations$/,
    asked: /^GET .*\/activations/,
  },
  {
    what: "a deactivation of an EdgeWorker",
    options: { lag: { preset: "none", deployment: aDay } },
    program: live("deactivate"),
    sent: /^POST .*\/deactivations$/,
    asked: /^GET .*\/deactivations/,
    isOfDestroy: true,
  },
  {
    what: "an activation of a property",
    options: { lag: { preset: "none", propertyActivation: { staging: aDay, production: aDay } } },
    program: async () => {
      const behaviors = [{ name: "caching", options: { behavior: "MAX_AGE", ttl: "1m" } }];
      const { propertyId, version } = new property.EdgeWorkerRules("sale", {
        propertyName: "www.example.com",
        rules: [{ name: "Sale", papi: { behaviors } }],
      });
      const notifyEmails = ["web@example.com"];
      new property.Activation("live", { propertyId, version, network: "staging", notifyEmails });
    },
    sent: /^POST .*\/activations$/,
    asked: /^GET .*\/activations/,
  },
];

let engine: EngineTest;
afterEach(() => engine.close());

const accepted = () =>
  engine.emulator
    .journal()
    .filter(({ status }) => status !== null && status < 300)
    .map(({ method, path }) => `${method} ${path}`);
const requests = () => engine.emulator.journal().map(({ method, path }) => `${method} ${path}`);

test.each(firstOrAll(waits))(
  "ends the wait for $what, sends nothing more, keeps what was done, and the next run waits on",
  async ({ options, program, sent, asked, isOfDestroy = false }) => {
    engine = await EngineTest.start(options);
    const act = () => (isOfDestroy ? engine.destroy() : engine.up(program));
    if (isOfDestroy) {
      const made = engine.up(program);
      // The engine's own clock is the machine's, and the emulator's is turned.
      const turning = setInterval(() => engine.emulator.clock.advance(day), 500);
      await succeeded(made).finally(() => clearInterval(turning));
    }
    engine.emulator.clearJournal();
    const running = act();
    const isWaiting = () => {
      const all = requests();
      const begun = all.findIndex((one) => sent.test(one));
      return begun >= 0 && all.slice(begun + 1).some((one) => asked.test(one));
    };
    while (!isWaiting()) await new Promise((resolve) => setTimeout(resolve, 20));
    const began = Date.now();
    signalEngines("SIGINT");
    const run = await running;
    const seconds = (Date.now() - began) / 1000;
    const before = engine.emulator.journal().length;
    expect(run.error).toBeDefined();
    expect(`${run.messages.join("\n")}\n${run.text}`).toContain(
      "the run was cancelled, so nothing more was sent. What was done so far is kept",
    );
    // Without the cancellation the wait goes on for half an hour. How fast a machine is decides the rest.
    expect(seconds).toBeLessThan(60);
    expect(engine.emulator.journal().length).toBe(before);

    engine.emulator.clock.advance(day);
    await succeeded(act());
    // Nothing is done twice. A service may have to refuse it.
    expect(accepted().filter((one) => sent.test(one))).toHaveLength(1);
    if (isOfDestroy) expect(await engine.resources()).toEqual([]);
    else expect(changed(await succeeded(engine.preview(program)))).toEqual([]);
  },
  300_000,
);
