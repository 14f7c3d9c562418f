import { request } from "node:https";
import { gzipSync } from "node:zlib";
import EdgeGrid from "akamai-edgegrid";
import {
  type Edge,
  type EdgeOptions,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from "pulumi-akamai-edge/emulator";
import { pack } from "tar-stream";

export const SITE = "https://www.example.com";

async function bundleOf(files: Readonly<Record<string, string>>, version: string): Promise<string> {
  const archive = pack();
  const all = {
    "bundle.json": JSON.stringify({ "edgeworker-version": version, description: "Test" }),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) archive.entry({ name, mode: 0o644 }, text);
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return gzipSync(Buffer.concat(parts)).toString("base64");
}

interface Deployed {
  readonly files: Readonly<Record<string, string>>;
  readonly version?: string;
  readonly id?: number;
  readonly tier?: number;
  readonly networks?: readonly ("STAGING" | "PRODUCTION")[];
  /** Seconds until the activation is complete. */
  readonly seconds?: number;
}

type Json = Record<string, never>;
interface State {
  now: number;
  edgeworkers: { ids: Record<string, unknown>; belongings: Record<string, unknown> };
  property: {
    properties: Record<string, { versions: { rules: Json & { behaviors: object[]; children: object[] } }[] }>;
  };
}

/** A running emulator with its sites, and EdgeWorkers put straight into its state. */
export class TestSite {
  private constructor(
    readonly emulator: Emulator,
    readonly edge: Edge,
  ) {}

  static async start(edge: EdgeOptions = {}, options: EmulatorOptions = {}): Promise<TestSite> {
    const emulator = await startEmulator({ clock: "manual", lag: "none", ...options, edge });
    if (emulator.edge === undefined) throw new Error("the edge is on");
    return new TestSite(emulator, emulator.edge);
  }

  close = (): Promise<void> => this.emulator.close();

  /** A token for details in the debug headers, as the API issues it. */
  async traceToken(): Promise<string> {
    const { host, clientToken, clientSecret, accessToken } = this.emulator.credentials();
    const [path, body] = ["/edgeworkers/v1/secure-token", JSON.stringify({ hostnames: ["www.example.com"] })];
    const signer = new EdgeGrid(clientToken, clientSecret, accessToken, host);
    const signed = signer.auth({
      method: "POST",
      path,
      body,
      headers: { "Content-Type": "application/json" },
    });
    const { headers } = signed.request as { headers: Record<string, string> };
    const [hostname, port] = host.split(":");
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request(
        { hostname, port, path, method: "POST", headers, ca: this.emulator.ca, agent: false },
        (answer) => {
          let received = "";
          answer.on("data", (part) => {
            received += String(part);
          });
          answer.on("end", () => resolve(received));
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
    return (JSON.parse(text) as { akamaiEwTrace: string }).akamaiEwTrace;
  }

  /** Headers that ask for everything in the debug headers. */
  async traced(): Promise<Record<string, string>> {
    return {
      pragma: "akamai-x-ew-debug, akamai-x-ew-debug-subs",
      "akamai-ew-trace": await this.traceToken(),
    };
  }

  /** Changes the state. */
  change(act: (state: State) => void): void {
    const state = this.emulator.state.get() as State;
    act(state);
    this.emulator.state.put(state);
  }

  /** Activates a version. */
  async deploy({
    files,
    version = "1.0",
    id = 9,
    tier = 200,
    networks = ["STAGING", "PRODUCTION"],
    seconds = 0,
  }: Deployed) {
    const content = await bundleOf(files, version);
    this.change(({ now, edgeworkers: { ids, belongings } }) => {
      const replicated = (value: object) => [{ at: now, lag: 0, value }];
      const by = { createdBy: "test", createdAt: now };
      ids[id] = replicated({
        edgeWorkerId: id,
        name: `worker ${id}`,
        groupId: 72_297,
        resourceTierId: tier,
        ...by,
        lastModifiedBy: "test",
        lastModifiedAt: now,
      });
      const before = (belongings[id] ?? { versions: {}, usedVersions: [], deployments: [] }) as {
        versions: Record<string, unknown>;
        usedVersions: string[];
        deployments: unknown[];
      };
      const count = before.deployments.length;
      before.versions[version] = replicated({
        version,
        checksum: `${id} ${version} ${content.length}`,
        sequenceNumber: 1,
        ...by,
        content,
      });
      before.usedVersions.push(version);
      before.deployments.push(
        ...networks.map((network, at) =>
          replicated({
            kind: "activation",
            number: count + at + 1,
            version,
            network,
            ...by,
            endsAt: now + seconds * 1000,
            outcome: "COMPLETE",
          }),
        ),
      );
      belongings[id] = before;
    });
  }

  /** The rules of the live versions: the seeded ones do not matter to these tests. */
  rules(behaviors: object[], children: object[] = [], more: object = {}): void {
    this.change(({ property }) => {
      for (const { versions } of Object.values(property.properties))
        for (const version of versions) {
          version.rules = {
            name: "default",
            criteria: [],
            behaviors,
            children,
            options: {},
            ...more,
          } as never;
        }
    });
  }

  /** Every request runs this code. */
  async run(main: string, more: Partial<Deployed> & { readonly options?: object } = {}): Promise<void> {
    const { options, ...deployed } = more;
    this.rules([edgeWorker(more.id ?? 9, options)]);
    await this.deploy({ ...deployed, files: { "main.js": main, ...more.files } });
  }

  async text(path: string, options: Parameters<Edge["fetch"]>[1] = {}): Promise<string> {
    return (await this.edge.fetch(`${SITE}${path}`, options)).text();
  }

  async status(path: string, options: Parameters<Edge["fetch"]>[1] = {}): Promise<number> {
    const response = await this.edge.fetch(`${SITE}${path}`, options);
    await response.arrayBuffer();
    return response.status;
  }
}

export const edgeWorker = (id: number, options: object = {}) => ({
  name: "edgeWorker",
  options: { enabled: true, edgeWorkerId: String(id), ...options },
});

export const rule = (name: string, criteria: object[], behaviors: object[], more: object = {}) => ({
  name,
  criteria,
  behaviors,
  children: [],
  criteriaMustSatisfy: "all",
  ...more,
});

/** The debug header of a handler. */
export async function infoOf(response: Response, event: string): Promise<string> {
  await response.arrayBuffer();
  return response.headers.get(`x-akamai-edgeworker-${event}-info`) ?? "";
}
