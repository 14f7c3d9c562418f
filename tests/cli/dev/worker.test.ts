/** `startWorker`, for tests of one's own worker. Runs the compiled package. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorker } from "pulumi-akamai-edge/worker";

const HELPER = join(__dirname, "../../../examples/full-site/worker/edgekv.js");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "worker-"));
  writeFileSync(join(folder, "bundle.json"), '{"edgeworker-version":"1.0"}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the folder runs with its data, at the location and on the device of each request", async () => {
  writeFileSync(join(folder, "edgekv.js"), readFileSync(HELPER));
  writeFileSync(
    join(folder, "main.js"),
    `import { EdgeKV } from "./edgekv.js"; import { logger } from "log";
export async function onClientRequest(request) {
  logger.info("here");
  const word = await new EdgeKV("default", "default").text(request.userLocation.country, "none");
  request.respondWith(200, {}, [request.host, request.url, word, request.device.isMobile].join(" "));
}`,
  );
  const lines: (string | undefined)[] = [];
  const worker = await startWorker(folder, {
    items: [{ item: "DE", value: "Guten Tag" }],
    hostname: "www.example.com",
    tier: "enterprise",
    cpuFactor: 5,
    onCode: ({ line }) => lines.push(line?.text),
  });
  try {
    const text = async (...given: Parameters<typeof worker.fetch>) => (await worker.fetch(...given)).text();
    const options = { location: { country: "DE" }, device: { isMobile: true } };
    expect(await text("/hello?a=1", options)).toBe("www.example.com /hello?a=1 Guten Tag true");
    expect(await text("https://www.example.com/")).toBe("www.example.com / none false");
    expect(lines).toEqual(["here", "here"]);
  } finally {
    await worker.close();
  }
});

test("a bundle that is not valid is refused with what Akamai finds", async () => {
  writeFileSync(join(folder, "main.js"), "export function (");
  await expect(startWorker(folder)).rejects.toThrow(/does not run: STATIC_VALIDATION_FAILED: /);
});

test.each([
  ["beside its helper in a folder", "lib/kv/", "reference", "Auth-Ref"],
  ["by value, for a helper from the time before references", "", "value", "Auth"],
])("the tokens are %s", async (_name, at, member, header) => {
  mkdirSync(join(folder, at), { recursive: true });
  writeFileSync(
    join(folder, at, "edgekv.js"),
    `import { httpRequest } from "http-request"; import { edgekv_access_tokens } from './edgekv_tokens.js';
export const read = async (item) => (await httpRequest("https://edgekv.akamai-edge-svcs.net/api/v1/namespaces/shop/groups/g/items/" + item,
  { headers: { "X-Akamai-EdgeDB-${header}": [edgekv_access_tokens["namespace-shop"]["${member}"]] } })).text();`,
  );
  writeFileSync(
    join(folder, "main.js"),
    `import { read } from "./${at}edgekv.js";
export async function onClientRequest(request) { request.respondWith(200, {}, await read("a")); }`,
  );
  const worker = await startWorker(folder, {
    items: [{ namespace: "shop", group: "g", item: "a", value: "found" }],
    cpuFactor: 5,
  });
  try {
    expect(await (await worker.fetch("/")).text()).toBe("found");
  } finally {
    await worker.close();
  }
});
