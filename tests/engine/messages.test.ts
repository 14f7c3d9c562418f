/** How the engine shows what the provider reports: warnings as warnings, each error once. */
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { edgekv } from "../../sdk";
import { EngineTest, succeeded } from "../support/engine";
import { firstOrAll } from "../support/extent";

let engine: EngineTest;
afterEach(() => engine.close());

test("a warning is one for the engine, and each error comes once, whatever fails", async () => {
  engine = await EngineTest.start();
  let namespace = "words";
  const program = async () => {
    const words = new edgekv.Namespace("words", {
      network: "staging",
      groupId: 72297,
      retentionInSeconds: 0,
    });
    const namespacePermissions = { [namespace]: ["r"] };
    const options = { dependsOn: words };
    new edgekv.AccessToken("reader", { allowOnStaging: true, namespacePermissions }, options);
  };
  await succeeded(engine.up(program));

  const diagnostics: string[] = [];
  const onEvent = ({ diagnosticEvent }: EngineEvent) => {
    if (diagnosticEvent === undefined || String(diagnosticEvent.severity) === "debug") return;
    const { severity, message } = diagnosticEvent;
    diagnostics.push(`${severity}: ${message.replace(/<\{%.*?%\}>/g, "").trim()}`);
  };
  namespace = "nope";
  await engine.stack.preview({ onEvent });
  expect(diagnostics.splice(0)).toEqual([
    expect.stringMatching(
      /^warning: access token .* names the namespace nope, which is not there on staging/,
    ),
  ]);

  namespace = "words";
  engine.emulator.faults.add({ kind: "status", status: 401, times: 10_000 });
  for (const [verb, doing] of firstOrAll([
    ["preview", "comparing|checking"],
    ["refresh", "reading"],
    ["destroy", "deleting"],
  ] as const)) {
    await expect(engine.stack[verb]({ onEvent })).rejects.toThrow();
    const shown = diagnostics
      .splice(0)
      .filter((line) => !/^error: (update|preview|refresh|destroy) failed$/.test(line));
    expect(shown).toContainEqual(expect.stringMatching(new RegExp(`^error: (${doing}) .*answered with 401`)));
    expect(shown.filter((line) => !line.startsWith("error: "))).toEqual([]);
    expect(new Set(shown).size).toBe(shown.length);
  }
});
