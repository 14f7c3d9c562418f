import type { EmulatorOptions } from "../../../../emulator/index";
import { Bench, type Reply, type Sent } from "../../support/client";
import { ProductClient } from "../../support/productClient";
import { bundle, type Files, versionBundle } from "./bundle";

export const BASE = "/edgeworkers/v1";
export const NEW_ID = { groupId: 72_297, name: "catalog-ew", resourceTierId: 200 };

/** What tests of EdgeWorkers do all the time. */
export class Workers extends ProductClient {
  static async start(options: EmulatorOptions = {}): Promise<Workers> {
    return new Workers(await Bench.ready(options), BASE);
  }

  async id(changes: object = {}): Promise<number> {
    return (await this.post("/ids", { ...NEW_ID, ...changes })).json.edgeWorkerId as number;
  }

  upload(id: number, body: Buffer, sent: Sent = {}): Promise<Reply> {
    return this.send("POST", `/ids/${id}/versions`, {
      body,
      headers: { "Content-Type": "application/gzip" },
      ...sent,
    });
  }

  async version(id: number, version: string): Promise<Reply> {
    return this.upload(id, await versionBundle(version));
  }

  /** A new ID with versions. */
  async idWith(...versions: string[]): Promise<number> {
    const id = await this.id();
    for (const version of versions) await this.version(id, version);
    return id;
  }

  async validate(of: Files | Buffer): Promise<{ errors: Found[]; warnings: Found[] }> {
    const body = Buffer.isBuffer(of) ? of : await bundle(of);
    const reply = await this.send("POST", "/validations", {
      body,
      headers: { "Content-Type": "application/gzip" },
    });
    expect(reply.status).toBe(200);
    return reply.json as { errors: Found[]; warnings: Found[] };
  }

  activate = (id: number, version: string, network = "STAGING", more: object = {}): Promise<Reply> =>
    this.post(`/ids/${id}/activations`, { network, version, ...more });

  deactivate = (id: number, version: string, network = "STAGING"): Promise<Reply> =>
    this.post(`/ids/${id}/deactivations`, { network, version });

  async status(id: number, number: number, kind = "activations"): Promise<unknown> {
    return (await this.get(`/ids/${id}/${kind}/${number}`)).json.status;
  }

  /** The version that is live on a network. */
  async live(id: number, network = "STAGING"): Promise<unknown> {
    const { activations } = (await this.get(`/ids/${id}/activations?activeOnNetwork=true&network=${network}`))
      .json;
    const found = activations as { version: string }[];
    expect(found.length).toBeLessThanOrEqual(1);
    return found[0]?.version;
  }
}

export interface Found {
  type: string;
  message: string;
}

/** Checks all that errors of the EdgeWorkers API have in common. */
export function expectError(
  reply: Reply,
  status: number,
  errorCode?: string,
  detail?: string | RegExp,
): void {
  expect([reply.status, reply.json.errorCode, reply.json.detail]).toEqual([
    status,
    errorCode,
    expect.any(String),
  ]);
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(reply.json).toMatchObject({
    status,
    type: expect.stringMatching(/^\/edgeworkers\/error-types\/edgeworkers-[a-z-]+$/),
    title: expect.stringMatching(/\.$/),
    instance: expect.stringMatching(/^\/edgeworkers\/error-instances\/[0-9a-f-]{36}$/),
  });
  if (typeof detail === "string") expect(reply.json.detail).toBe(detail);
  else if (detail) expect(reply.json.detail).toMatch(detail);
}
