import type { EmulatorOptions } from "../../../../emulator";
import type { Rule } from "../../../../provider/api/property/ruleTree";
import { addEdgeWorkers } from "../../../support/edgeWorkers";
import { Others, place } from "../../../support/property";
import { type Failed, type StoredResource, TestEngine } from "../../../support/testEngine";

const token = "property:EdgeWorkerRules";
const name = "greeter";
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
export class PropertySandbox {
  kept: StoredResource | undefined;

  private constructor(readonly engine: TestEngine) {}

  static async start(
    options: EmulatorOptions = {},
    settings: Record<string, string> = {},
  ): Promise<PropertySandbox> {
    const engine = await TestEngine.start(options, settings);
    addEdgeWorkers(engine.emulator, 1, 4242, 4343);
    return new PropertySandbox(engine);
  }

  // ---- the program ----

  args(rules: readonly object[], more: Args = {}): Args {
    return { propertyName: "www.example.com", rules, ...more };
  }

  /** One run: preview, and then what it plans. */
  async up(rules: readonly object[], more: Args = {}): Promise<StoredResource> {
    this.kept = await this.engine.run().up(token, name, this.args(rules, more), this.kept);
    return this.kept;
  }

  async failingUp(rules: readonly object[], more: Args = {}): Promise<Failed> {
    const failed = await this.engine.run().failingUp(token, name, this.args(rules, more), this.kept);
    this.kept = failed.stored;
    return failed;
  }

  preview(rules: readonly object[], more: Args = {}) {
    return this.engine.run().preview(token, name, this.args(rules, more), this.kept);
  }

  async refresh(): Promise<StoredResource | undefined> {
    if (this.kept === undefined) throw new Error("there is nothing to refresh");
    this.kept = await this.engine.run().refresh(this.kept);
    return this.kept;
  }

  async destroy(): Promise<void> {
    if (this.kept === undefined) throw new Error("there is nothing to destroy");
    await this.engine.run().destroy(this.kept);
    this.kept = undefined;
  }

  get state(): Record<string, unknown> {
    return this.kept?.state ?? {};
  }

  // ---- the others ----

  get others(): Others {
    return new Others(this.engine.somebody());
  }

  rules = (version: number) => this.others.rules(version);
  tree = (version: number) => this.others.tree(version);
  foreign = (version: number) => this.others.foreign(version);
  rule = (version: number, wanted: string) => this.others.rule(version, wanted);
  copy = (from: number) => this.others.copy(from);
  edit = (version: number, change: (tree: Rule) => void, note?: string) =>
    this.others.edit(version, change, note);

  /** Somebody has a version live, after the time that it takes. */
  async activate(
    version: number,
    network: "STAGING" | "PRODUCTION",
    activationType?: "DEACTIVATE",
  ): Promise<void> {
    await this.others.activate(version, network, activationType);
    this.engine.emulator.clock.advance(3600);
  }

  /** Somebody makes a version with a change, and has it live. */
  async editAndActivate(
    from: number,
    network: "STAGING" | "PRODUCTION",
    change: (tree: Rule) => void = () => undefined,
  ): Promise<number> {
    const version = await this.copy(from);
    await this.edit(version, change);
    await this.activate(version, network);
    return version;
  }

  /** Gives each rule a uuid, as rules with features of Akamai's have one. Copies of a rule in other versions get the same. */
  giveUuids(): void {
    const { emulator } = this.engine;
    const state = emulator.state.get() as {
      property: { properties: Record<string, { versions: { rules: Rule }[] }> };
    };
    const mark = (rule: Rule, path: string): void => {
      rule.uuid ??= `uuid of ${path}/${rule.name}`;
      for (const child of rule.children ?? []) mark(child, `${path}/${rule.name}`);
    };
    for (const { rules } of state.property.properties["173136"]?.versions ?? [])
      for (const child of rules.children ?? []) mark(child, "");
    emulator.state.put(state);
  }

  /** The requests that may have changed something, from now on. */
  changes(): string[] {
    return this.engine
      .changes()
      .filter((request) => !request.includes("dryRun=true") && !request.includes("/search/"))
      .map((request) => request.replace(/\?.*/, "").replace(`/papi/v1/properties/${place.propertyId}`, ""));
  }

  forget(): this {
    this.engine.emulator.clearJournal();
    this.engine.clearMessages();
    return this;
  }

  messages(): string {
    return this.engine.messages.join("\n");
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
