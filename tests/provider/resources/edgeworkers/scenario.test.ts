import { TestEngine } from "../../../support/testEngine";

const main = "export function onClientRequest(request) { request.respondWith(200, {}, 'hello'); }\n";
const code = (greeting: string) => ({
  "main.js": main.replace("hello", greeting),
  "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
});

test("an id, a version and an activation, changed and taken away", async () => {
  const engine = await TestEngine.start({ lag: "default" });
  try {
    const ew = await engine.up("edgeworkers:EdgeWorker", "greeter", {
      groupId: 72297,
      resourceTierId: 200,
      description: "says hello",
    });
    const edgeWorkerId = ew.state.edgeWorkerId;
    expect(ew.state).toMatchObject({ name: "greeter", description: "says hello" });
    const v1 = await engine.up("edgeworkers:Version", "code", {
      edgeWorkerId,
      bundle: code("hello"),
      version: "auto",
      keepVersions: 1,
    });
    expect(v1.state.version).toMatch(/^1\.0-[0-9a-f]{10}$/);
    const a1 = await engine.up("edgeworkers:Activation", "live", {
      edgeWorkerId,
      network: "staging",
      version: v1.state.version,
    });
    expect(a1.state).toMatchObject({ status: "COMPLETE", deletion: { mode: "deactivate" } });

    engine.run();
    const same = await engine.preview(
      "edgeworkers:Version",
      "code",
      { edgeWorkerId, bundle: code("hello"), version: "auto", keepVersions: 1 },
      v1,
    );
    expect(same.plan).toBe("same");
    const changed = { edgeWorkerId, bundle: code("good day"), version: "auto", keepVersions: 1 };
    expect(await engine.preview("edgeworkers:Version", "code", changed, v1)).toMatchObject({
      plan: "replace",
      failures: [],
      deleteBeforeReplace: false,
    });
    const v2 = await engine.up("edgeworkers:Version", "code", changed, v1);
    expect(v2.state.kept).toEqual([v1.state.version]);
    const a2 = await engine.up(
      "edgeworkers:Activation",
      "live",
      { edgeWorkerId, network: "staging", version: v2.state.version },
      a1,
    );
    expect(a2.state.version).toBe(v2.state.version);

    engine.run();
    await engine.destroy(a2);
    await engine.destroy(v2);
    await engine.destroy(ew);
  } finally {
    await engine.close();
  }
});
