import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "../../emulator";
import { createToken } from "../../provider/api/edgekv/tokens";
import { createEdgeWorker } from "../../provider/api/edgeworkers/ids";
import { uploadVersion } from "../../provider/api/edgeworkers/versions";
import { packBundle } from "../../provider/bundle/pack";
import { createHttpClient } from "../../provider/http/client";
import { realClock } from "../../provider/runtime/clock";
import type { HttpClient } from "../../provider/runtime/httpClient";
import { root } from "../root";

const NETWORKS = ["staging", "production"] as const;
const GROUP = 72_297;
const WORDS = { US: "Hello", DE: "Guten Tag", JP: "こんにちは" };

/** A client of the emulator's account. */
export const clientOf = (emulator: Emulator): HttpClient =>
  createHttpClient({
    credentials: emulator.credentials(),
    certificateAuthority: emulator.ca,
    clock: realClock,
    random: () => 0.5,
  });

/** Words, a token, code that holds it live on both networks, and a second version on its way. For an emulator with a manual clock. */
export async function fillAccount(emulator: Emulator): Promise<{ edgeWorkerId: number }> {
  const http = clientOf(emulator);
  const post = (path: string, json: object) => http.send({ method: "POST", path, json });
  for (const network of NETWORKS)
    await post(`/edgekv/v1/networks/${network}/namespaces`, {
      namespace: "greetings",
      retentionInSeconds: 0,
      groupId: 0,
    });
  emulator.clock.advance(60);
  for (const network of NETWORKS)
    for (const [country, word] of Object.entries(WORDS))
      await http.send({
        method: "PUT",
        path: `/edgekv/v1/networks/${network}/namespaces/greetings/groups/countries/items/${country}`,
        raw: { bytes: Buffer.from(word), contentType: "text/plain" },
        accept: "*/*",
      });
  const { edgeWorkerId } = await createEdgeWorker(http, {
    name: "greeter",
    groupId: GROUP,
    resourceTierId: 200,
  });
  const { uuid } = await createToken(http, {
    name: "greeter-reader",
    allowOnStaging: true,
    allowOnProduction: true,
    namespacePermissions: { greetings: ["r"] },
    restrictToEdgeWorkerIds: [String(edgeWorkerId)],
  });
  emulator.clock.advance(600);
  const worker = join(root, "examples", "full-site", "worker");
  const upload = async (version: string) => {
    const files = new Map<string, Uint8Array>([
      ["bundle.json", Buffer.from(JSON.stringify({ "edgeworker-version": version }))],
      ["main.js", readFileSync(join(worker, "main.js"))],
      ["edgekv.js", readFileSync(join(worker, "edgekv.js"))],
      ["edgekv_tokens.js", Buffer.from(tokensFile(uuid ?? ""))],
    ]);
    await uploadVersion(http, edgeWorkerId, await packBundle(files));
  };
  const activate = (version: string, network: string) =>
    post(`/edgeworkers/v1/ids/${edgeWorkerId}/activations`, { version, network });
  await upload("1.0");
  for (const network of ["STAGING", "PRODUCTION"]) await activate("1.0", network);
  emulator.clock.advance(3600);
  callFrom(emulator, edgeWorkerId);
  await upload("1.1");
  await activate("1.1", "STAGING");
  emulator.clock.advance(100);
  return { edgeWorkerId };
}

const tokensFile = (reference: string): string =>
  `var edgekv_access_tokens = ${JSON.stringify({ "namespace-greetings": { name: "greeter-reader", reference } })};\nexport { edgekv_access_tokens };\n`;

interface State {
  readonly property: {
    readonly properties: Record<string, { versions: { rules: { children: object[] } }[] }>;
  };
}

/** The live versions of the property call the EdgeWorker for /hello. */
function callFrom(emulator: Emulator, edgeWorkerId: number): void {
  const state = emulator.state.get() as State;
  const [property] = Object.values(state.property.properties);
  for (const { rules } of property?.versions ?? [])
    rules.children.push({
      name: "Greeter",
      criteria: [
        {
          name: "path",
          options: { matchOperator: "MATCHES_ONE_OF", values: ["/hello", "/hello/*"] },
        },
      ],
      behaviors: [{ name: "edgeWorker", options: { enabled: true, edgeWorkerId: String(edgeWorkerId) } }],
      children: [],
      criteriaMustSatisfy: "all",
      options: {},
    });
  emulator.state.put(state);
}
