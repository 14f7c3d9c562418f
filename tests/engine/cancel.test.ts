/** The first Ctrl-C: the engine cancels, and the provider ends its waits instead of going on for half an hour. */
import { signalEngines } from "../../scripts/processes";
import { edgekv } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";
import { firstOrAll } from "../support/extent";

let engine: EngineTest;
afterEach(() => engine.close());

const adapters = ["dynamic", "native"] as const;

test.each(firstOrAll(adapters))(
  "by the %s adapter it ends a wait, sends nothing more, keeps what was created, and the next `up` waits on",
  async (adapter) => {
    // The token takes a day to become active.
    const lag = { preset: "none", activation: 86_400 } as const;
    engine = await (adapter === "native" ? EngineTest.startNative({ lag }) : EngineTest.start({ lag }));
    await engine.somebody().send({
      method: "POST",
      path: "/edgekv/v1/networks/staging/namespaces",
      json: { namespace: "words", groupId: 0, retentionInSeconds: 0 },
    });
    engine.emulator.clearJournal();
    const program = async () => {
      const reader = new edgekv.AccessToken("reader", {
        allowOnStaging: true,
        namespacePermissions: { words: ["r"] },
      });
      return { name: reader.name };
    };
    await succeeded(engine.preview(program));
    const up = engine.up(program);
    const isWaiting = () => {
      const sent = engine.emulator.journal().map(({ method, path }) => `${method} ${path}`);
      const created = sent.indexOf("POST /edgekv/v1/tokens");
      return created >= 0 && sent.includes("GET /edgekv/v1/tokens", created);
    };
    while (!isWaiting()) await new Promise((resolve) => setTimeout(resolve, 20));
    const began = Date.now();
    signalEngines("SIGINT");
    const run = await up;
    const seconds = (Date.now() - began) / 1000;
    const sent = engine.emulator.journal().length;
    expect(run.error).toBeDefined();
    expect(`${run.messages.join("\n")}\n${run.text}`).toContain(
      "the run was cancelled, so nothing more was sent. What was done so far is kept",
    );
    // Without the cancellation the wait goes on for half an hour. How fast a machine is decides the rest.
    expect(seconds).toBeLessThan(60);
    const [kept] = await engine.resources();
    expect(kept?.outputs.name).toMatch(/^reader-/);
    expect(engine.emulator.journal().length).toBe(sent);

    engine.emulator.clock.advance(86_400);
    await succeeded(engine.up(program));
    expect(engine.changes()).toEqual(["POST /edgekv/v1/tokens"]);
    expect(changed(await succeeded(engine.preview(program)))).toEqual([]);
  },
);
