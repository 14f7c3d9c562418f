import type { EmulatorOptions } from "../../../../emulator";
import { findRules, saveRules, type VersionRules } from "../../../../provider/api/papi/rules";
import { createVersion, findVersion } from "../../../../provider/api/papi/versions";
import type { Rule } from "../../../../provider/rules/tree";
import { type Failed, type Kept, World } from "../../../support/world";

/** The property of every fresh account: version 2 is live on production, version 3 on staging and the latest. */
export const place = { propertyId: "prp_173136", contractId: "ctr_1-3CV382", groupId: "grp_72297" };
const token = "property:EdgeWorkerRules";
const name = "greeter";
/** What the descriptions of these tests call the resource in marks. */
const anyMark = /\[pulumi [0-9a-f/]+\]\s*$/;

export type Args = Readonly<Record<string, unknown>>;

/** A rule that sends some requests to an EdgeWorker. */
export const greeter = (more: object = {}) => ({
  name: "Greeter",
  parent: ["Sites", "Shop"],
  paths: ["/hello/*"],
  edgeWorker: { edgeWorkerId: 4242 },
  ...more,
});

/** A property that others edit, the rules of a program in it, and what both do. */
export class Site {
  kept: Kept | undefined;

  private constructor(readonly world: World) {}

  static async start(options: EmulatorOptions = {}, settings: Record<string, string> = {}): Promise<Site> {
    return new Site(await World.start(options, settings));
  }

  // ---- the program ----

  args(rules: readonly object[], more: Args = {}): Args {
    return { propertyName: "www.example.com", rules, ...more };
  }

  /** One run: preview, and what it says is done. */
  async up(rules: readonly object[], more: Args = {}): Promise<Kept> {
    this.kept = await this.world.run().up(token, name, this.args(rules, more), this.kept);
    return this.kept;
  }

  async failingUp(rules: readonly object[], more: Args = {}): Promise<Failed> {
    const failed = await this.world.run().failingUp(token, name, this.args(rules, more), this.kept);
    this.kept = failed.kept;
    return failed;
  }

  preview(rules: readonly object[], more: Args = {}) {
    return this.world.run().preview(token, name, this.args(rules, more), this.kept);
  }

  async refresh(): Promise<Kept | undefined> {
    if (this.kept === undefined) throw new Error("there is nothing to refresh");
    this.kept = await this.world.run().refresh(this.kept);
    return this.kept;
  }

  async destroy(): Promise<void> {
    if (this.kept === undefined) throw new Error("there is nothing to destroy");
    await this.world.run().destroy(this.kept);
    this.kept = undefined;
  }

  get state(): Record<string, unknown> {
    return this.kept?.state ?? {};
  }

  // ---- the others ----

  async rules(version: number): Promise<VersionRules> {
    const rules = await findRules(this.world.somebody(), place, version);
    if (rules === undefined) throw new Error(`there is no version ${version}`);
    return rules;
  }

  async tree(version: number): Promise<Rule> {
    return (await this.rules(version)).rules;
  }

  /** The tree without every rule that bears a mark. */
  async foreign(version: number): Promise<Rule> {
    return without(await this.tree(version), (rule) => anyMark.test(rule.comments ?? ""));
  }

  async rule(version: number, wanted: string): Promise<Rule> {
    const found = all(await this.tree(version)).find((rule) => rule.name === wanted);
    if (found === undefined) throw new Error(`version ${version} has no rule ${wanted}`);
    return found;
  }

  /** Somebody makes a version from another one. */
  async copy(from: number): Promise<number> {
    const http = this.world.somebody();
    const { etag } = (await findVersion(http, place, from)) ?? { etag: "" };
    return createVersion(http, place, { version: from, etag });
  }

  /** Somebody saves a version with a change. */
  async edit(version: number, change: (tree: Rule) => void, note?: string): Promise<void> {
    const { rules, etag, comments } = await this.rules(version);
    const tree = structuredClone(rules);
    change(tree);
    await saveRules(this.world.somebody(), place, version, { rules: tree, comments: note ?? comments ?? undefined, etag });
  }

  /** Somebody makes a version with a change, and has it live at once. */
  async editAndActivate(from: number, network: "STAGING" | "PRODUCTION", change: (tree: Rule) => void = () => undefined): Promise<number> {
    const version = await this.copy(from);
    await this.edit(version, change);
    await this.activate(version, network);
    return version;
  }

  async activate(version: number, network: "STAGING" | "PRODUCTION"): Promise<void> {
    await this.world.somebody().send({
      method: "POST",
      path: `/papi/v1/properties/${place.propertyId}/activations`,
      query: { contractId: place.contractId, groupId: place.groupId },
      json: { propertyVersion: version, network, notifyEmails: ["web@example.com"], acknowledgeAllWarnings: true },
    });
    this.world.emulator.clock.advance(3600);
  }

  /** The requests that may have changed something, from now on. */
  changes(): string[] {
    return this.world
      .changes()
      .filter((request) => !request.includes("dryRun=true") && !request.includes("/search/"))
      .map((request) => request.replace(/\?.*/, "").replace(`/papi/v1/properties/${place.propertyId}`, ""));
  }

  forget(): this {
    this.world.emulator.clearJournal();
    this.world.forgetNotices();
    return this;
  }

  said(): string {
    return this.world.notices.join("\n");
  }

  close(): Promise<void> {
    return this.world.close();
  }
}

export const all = (rule: Rule): Rule[] => [rule, ...(rule.children ?? []).flatMap(all)];

export function named(tree: Rule, name: string): Rule {
  const found = all(tree).find((rule) => rule.name === name);
  if (found === undefined) throw new Error(`there is no rule ${name}`);
  return found;
}

function without(rule: Rule, unwanted: (rule: Rule) => boolean): Rule {
  return { ...rule, children: (rule.children ?? []).filter((child) => !unwanted(child)).map((child) => without(child, unwanted)) };
}

/** The names of the rules right below one. */
export const below = (rule: Rule): string[] => (rule.children ?? []).map(({ name }) => name);
