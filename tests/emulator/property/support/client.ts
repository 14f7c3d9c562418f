import type { EmulatorOptions } from "../../../../emulator/index";
import { Bench, type Reply } from "../../support/client";
import { ProductClient } from "../../support/productClient";

export const BASE = "/papi/v1";
export const PLACE = "contractId=ctr_1-3CV382&groupId=grp_72297";
/** The property of every fresh account: version 2 is live on production, version 3 on staging. */
export const SEEDED = "/properties/prp_173136";

export interface Element {
  name: string;
  options: Record<string, unknown>;
  uuid?: string;
  locked?: boolean;
}

export interface Rule {
  name: string;
  criteria: Element[];
  behaviors: Element[];
  children: Rule[];
  uuid?: string;
  comments?: string;
  criteriaMustSatisfy?: string;
  variables?: object[];
  [more: string]: unknown;
}

export interface Tree {
  rules: Rule;
  etag: string;
  ruleFormat: string;
  comments?: string;
  errors?: Finding[];
  warnings?: Finding[];
}

export interface Finding {
  type: string;
  title: string;
  detail: string;
  errorLocation: string;
  behaviorName?: string;
  messageId?: string;
  instance: string;
}

export const every = (rule: Rule): Rule[] => [rule, ...(rule.children ?? []).flatMap(every)];
export const named = (rule: Rule, name: string): Rule => {
  const found = every(rule).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no rule ${name}`);
  return found;
};

/** What tests of Property Manager do all the time. */
export class PropertyClient extends ProductClient {
  static async start(options: EmulatorOptions = {}): Promise<PropertyClient> {
    return new PropertyClient(await Bench.start(options), BASE);
  }

  /** The etag of a version as a whole; its rules have another one. */
  async versionEtag(version: number): Promise<string> {
    const { versions } = (await this.get(`${SEEDED}/versions/${version}`)).json as {
      versions: { items: { etag: string }[] };
    };
    return versions.items[0]?.etag ?? "";
  }

  /** A version made of another one, its number. */
  async version(from = 3, changes: object = {}): Promise<number> {
    const reply = await this.post(`${SEEDED}/versions`, { createFromVersion: from, ...changes });
    expect(reply.status).toBe(201);
    return Number(/\/versions\/(\d+)\?/.exec(String(reply.json.versionLink))?.[1]);
  }

  async tree(version: number, query = ""): Promise<Tree> {
    const reply = await this.get(`${SEEDED}/versions/${version}/rules?${PLACE}${query}`);
    expect(reply.status).toBe(200);
    return reply.json as unknown as Tree;
  }

  put(version: number, body: object, query = "", headers: Record<string, string> = {}): Promise<Reply> {
    return this.send("PUT", `${SEEDED}/versions/${version}/rules?${PLACE}${query}`, { body, headers });
  }

  /** Saves a changed tree. */
  async change(version: number, act: (rules: Rule) => void): Promise<Reply> {
    const { rules } = await this.tree(version);
    act(rules);
    return this.put(version, { rules });
  }

  activate(version: number, network = "STAGING", changes: object = {}): Promise<Reply> {
    return this.post(`${SEEDED}/activations?${PLACE}`, {
      propertyVersion: version,
      network,
      notifyEmails: ["ops@example.com"],
      ...changes,
    });
  }

  /** Starts an activation that is accepted; its id. */
  async activated(version: number, network = "STAGING", changes: object = {}): Promise<string> {
    const reply = await this.activate(version, network, changes);
    expect([reply.status, reply.json]).toEqual([201, { activationLink: expect.any(String) }]);
    return /\/activations\/([^?]+)/.exec(String(reply.json.activationLink))?.[1] ?? "";
  }

  async activation(id: string): Promise<Record<string, unknown>> {
    const { activations } = (await this.get(`${SEEDED}/activations/${id}?${PLACE}`)).json as {
      activations: { items: object[] };
    };
    expect(activations.items).toHaveLength(1);
    return activations.items[0] as Record<string, unknown>;
  }

  /** The versions that are live, and the latest one. */
  async versions(): Promise<unknown> {
    const { properties } = (await this.get(SEEDED)).json as {
      properties: { items: Record<string, unknown>[] };
    };
    const [{ stagingVersion, productionVersion, latestVersion } = {}] = properties.items;
    return { stagingVersion, productionVersion, latestVersion };
  }

  /** Status of a version on staging and production. */
  async statuses(version: number): Promise<unknown[]> {
    const { versions } = (await this.get(`${SEEDED}/versions/${version}`)).json as {
      versions: { items: Record<string, unknown>[] };
    };
    return [versions.items[0]?.stagingStatus, versions.items[0]?.productionStatus];
  }
}

/** Checks all that errors of Property Manager have in common. */
export function expectProblem(reply: Reply, status: number, type: string, detail?: string | RegExp): void {
  expect([reply.status, reply.json.status, reply.json.type]).toEqual([
    status,
    status,
    expect.stringMatching(new RegExp(`^https://problems\\.luna\\.akamaiapis\\.net/papi/(v[01]/)?${type}$`)),
  ]);
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(reply.json.title).toEqual(expect.any(String));
  expect(reply.json.instance).toEqual(
    expect.stringMatching(new RegExp(`^/papi/v1/.*#${reply.headers["x-trace-id"]}$`)),
  );
  if (typeof detail === "string") expect(reply.json.detail).toBe(detail);
  else if (detail) expect(reply.json.detail).toMatch(detail);
}
