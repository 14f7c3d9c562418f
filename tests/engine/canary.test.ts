import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { edgekv, edgeworkers } from "../../sdk";
import { EngineTest, succeeded } from "../support/engine";

/** Every file below a folder but the emulator's own, which is Akamai's side. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink() || entry.name === "emulator") return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

test("no secret is found in state, events, messages, errors or files, whatever happens", async () => {
  const engine = await EngineTest.start({ settings: { legacyTokens: true } });
  const expiry = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);
  const program = async () => {
    const catalog = new edgekv.Namespace("catalog", { network: "staging", groupId: 0, retentionInSeconds: 0 });
    const reader = new edgekv.AccessToken("reader", {
      allowOnStaging: true,
      expiry,
      namespacePermissions: catalog.name.apply((name) => ({ [name]: ["r" as const] })),
    });
    // What a program makes of a secret stays secret.
    return { file: edgekv.tokensFile([reader]), copy: pulumi.interpolate`${reader.value}` };
  };
  try {
    const { host: _, ...credentials } = engine.emulator.credentials();
    // From stack config as well, where the engine encrypts what is said to be secret.
    await engine.stack.setAllConfig({
      "akamai-edge:host": { value: engine.emulator.host },
      "akamai-edge:clientToken": { value: credentials.clientToken, secret: true },
      "akamai-edge:accessToken": { value: credentials.accessToken, secret: true },
      "akamai-edge:clientSecret": { value: credentials.clientSecret, secret: true },
    });
    for (const key of ["edgerc", "section"]) await engine.stack.removeConfig(`akamai-edge:${key}`);

    const runs = [await succeeded(engine.up(program))];
    const listing = await engine.somebody().send({ method: "GET", path: "/edgekv/v1/tokens" });
    const [listed] = (JSON.parse(listing.text) as { tokens: { name: string; uuid: string }[] }).tokens;
    const whole = await engine.somebody().send({ method: "GET", path: `/edgekv/v1/tokens/${listed?.name}` });
    const token = JSON.parse(whole.text) as { name: string; value: string };
    expect(token.value.split(".")).toHaveLength(3);
    const secrets = { ...credentials, reference: listed?.uuid ?? "", value: token.value };
    for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(10);

    // The secrets are where they belong: in the state, encrypted.
    const decrypted = await engine.stack.outputs();
    expect(decrypted.file?.secret).toBe(true);
    expect(decrypted.file?.value).toContain(token.value);
    const state = engine.checkpoint();
    expect(state).toContain(token.name);

    runs.push(await engine.refresh());
    // Errors of each kind: refused, failed inside, garbage, cut off.
    for (const fault of [
      { kind: "status" as const, status: 403 },
      { kind: "status" as const, status: 400, body: `{"detail": 1` },
      { kind: "status" as const, status: 404 },
    ]) {
      engine.emulator.faults.add({ path: "/edgekv/v1/tokens/*", times: 20, ...fault });
      const failed = await engine.refresh();
      expect(failed.error).toBeDefined();
      runs.push(failed);
      engine.emulator.faults.clear();
    }
    runs.push(await succeeded(engine.destroy()));

    const told = JSON.stringify(runs.map(({ steps, messages, text, error }) => [steps, messages, text, String(error), error?.stack]));
    const kept = filesBelow(engine.folder).map((path) => [path, readFileSync(path, "utf8")] as const);
    expect(kept.length).toBeGreaterThan(2);
    for (const [name, secret] of Object.entries(secrets)) {
      expect([name, told.includes(secret)]).toEqual([name, false]);
      expect([name, state.includes(secret)]).toEqual([name, false]);
      expect([name, kept.filter(([, text]) => text.includes(secret)).map(([path]) => path)]).toEqual([name, []]);
      expect([name, engine.emulator.journal().some((entry) => JSON.stringify(entry).includes(secret))]).toEqual([name, false]);
    }
  } finally {
    await engine.close();
  }
});

test("files with credentials can be read by their owner only", async () => {
  const engine = await EngineTest.start();
  try {
    const mode = (path: string | undefined) => statSync(String(path)).mode & 0o777;
    expect(mode(engine.emulator.edgerc)).toBe(0o600);
    expect(mode(join(engine.folder, "emulator"))).toBe(0o700);
  } finally {
    await engine.close();
  }
});

test("a bundle that is refused is not printed: it may hold the tokens", async () => {
  const engine = await EngineTest.start();
  const secret = "canary-6f1d0c52-in-a-file";
  const program = async () => {
    new edgeworkers.Version("code", {
      edgeWorkerId: 54_321,
      bundle: {
        "main.js": "export function onClientRequest( {",
        "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
        "secret.txt": pulumi.secret(secret),
      },
    });
  };
  try {
    const { error, messages, text } = await engine.preview(program);
    expect(error).toBeDefined();
    expect(messages.join("\n")).toContain("STATIC_VALIDATION_FAILED");
    expect(`${messages.join("\n")}${text}${error?.stack}`).not.toContain(secret);
  } finally {
    await engine.close();
  }
});
