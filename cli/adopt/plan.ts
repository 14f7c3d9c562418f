/** From an inventory to the resources of a program, in the order in which they depend on each other. */
import { findToken } from "../../provider/api/edgekv/tokens";
import { isTokensFile } from "../../provider/bundle/tokensFileName";
import type { Context } from "../../provider/runtime/context";
import { argsOf, type Imported, Importer } from "./declare";
import { type Declared, type LeftOut, ProgramPath, Reference, referenceTo } from "./declared";
import type { FoundEdgeWorker, FoundItemGroup, FoundProperty, Inventory } from "./inventory";
import { fileName, resourceName, UniqueNames } from "./names";
import { rulesWithEdgeWorkers } from "./rules";

/** What is written beside the program. */
export interface ProgramFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether only its owner may read it. */
  readonly isPrivate: boolean;
}

export interface Planned {
  readonly resource: Declared;
  readonly imported: Imported;
}

export interface PlanOptions {
  readonly context: Context;
  /** Writes a file of the program: the import of what it belongs to reads it again. */
  readonly write: (file: ProgramFile) => void;
  readonly pathOf: (path: string) => string;
  readonly onProgress: (line: string) => void;
}

export class Plan {
  readonly planned: Planned[] = [];
  readonly leftOut: LeftOut[] = [];
  /** What changes the account when it is declared: rules get an ownership marker, in a new version of the property. */
  readonly suggested: Declared[] = [];
  readonly #names = new UniqueNames(["account"]);
  readonly #folders = new UniqueNames();
  readonly #files = new UniqueNames();
  readonly #importer: Importer;

  constructor(private readonly options: PlanOptions) {
    this.#importer = new Importer(options.context, options.pathOf);
  }

  get resources(): readonly Declared[] {
    return this.planned.map(({ resource }) => resource);
  }

  async addAll(inventory: Inventory): Promise<void> {
    const database = inventory.hasDatabase
      ? await this.#add({ token: "edgekv:Database", name: "database", id: "edgekv" })
      : undefined;
    const dependsOn = database === undefined ? [] : [database.name];
    const namespaces = new Map<string, Declared>();
    for (const { network, name } of inventory.namespaces) {
      const id = `${network}/${name}`;
      const added = await this.#add({
        token: "edgekv:Namespace",
        name: resourceName(name, network),
        id,
        dependsOn,
      });
      if (added !== undefined) namespaces.set(id, added);
    }
    const edgeWorkers = new Map<number, Declared>();
    for (const { edgeWorkerId, name } of inventory.edgeWorkers) {
      const added = await this.#add({
        token: "edgeworkers:EdgeWorker",
        name: resourceName(name),
        id: `${edgeWorkerId}`,
      });
      if (added !== undefined) edgeWorkers.set(edgeWorkerId, added);
    }
    const tokens = new Map<string, Declared>();
    for (const name of inventory.tokens) {
      const added = await this.#addToken(name, namespaces, edgeWorkers);
      if (added !== undefined) tokens.set(name, added);
    }
    for (const group of inventory.itemGroups)
      await this.#addItems(group, namespaces.get(`${group.network}/${group.namespace}`));
    for (const found of inventory.edgeWorkers)
      await this.#addLive(found, edgeWorkers.get(found.edgeWorkerId), tokens);
    for (const property of inventory.properties) await this.#addProperty(property);
  }

  /** What a preview of the whole program would change or refuse, by the name of the resource. */
  async preview(): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    for (const { resource, imported } of this.planned) {
      const lines = await this.#importer.preview(resource, imported);
      if (lines.length > 0) found.set(resource.name, lines);
    }
    return found;
  }

  async #addToken(
    name: string,
    namespaces: ReadonlyMap<string, Declared>,
    edgeWorkers: ReadonlyMap<number, Declared>,
  ): Promise<Declared | undefined> {
    const token = await findToken(this.options.context.http, name);
    if (typeof token === "string") {
      this.leftOut.push({ object: `access token ${name}`, reason: `it is ${token}` });
      return undefined;
    }
    const networks = [
      ...(token.allowOnStaging ? ["staging"] : []),
      ...(token.allowOnProduction ? ["production"] : []),
    ];
    const needed = Object.keys(token.namespacePermissions ?? {}).flatMap((namespace) =>
      networks.flatMap((network) => namespaces.get(`${network}/${namespace}`)?.name ?? []),
    );
    return this.#add({
      token: "edgekv:AccessToken",
      name: resourceName(name),
      id: name,
      dependsOn: needed,
      change: ({ restrictToEdgeWorkerIds: ids, ...args }) => ({
        ...args,
        ...(Array.isArray(ids) && {
          restrictToEdgeWorkerIds: ids.map((id) =>
            referenceTo(edgeWorkers.get(Number(id)), "edgeWorkerId", id),
          ),
        }),
      }),
    });
  }

  async #addItems({ network, namespace, group }: FoundItemGroup, declared: Declared | undefined) {
    await this.#add({
      token: "edgekv:ItemGroup",
      name: resourceName(namespace, network, group),
      id: `${network}/${namespace}/${group}`,
      change: (args) => ({ ...args, namespace: referenceTo(declared, "name", namespace) }),
    });
  }

  async #addProperty({ propertyId, propertyName, networks, tree }: FoundProperty): Promise<void> {
    for (const network of networks) {
      await this.#add({
        token: "property:Activation",
        name: resourceName(propertyName, network),
        id: `${propertyId}/${network}`,
      });
    }
    const rules = rulesWithEdgeWorkers(tree).map(({ name, parent, rule }) => {
      const path = `./rules/${this.#files.of(fileName(`${propertyName}-${name}`))}.json`;
      this.options.write({ path, bytes: jsonBytes(rule), isPrivate: false });
      return {
        name,
        ...(parent.length > 0 && { parent }),
        adopt: true,
        papi: new ProgramPath(path),
      };
    });
    if (rules.length === 0) return;
    this.suggested.push({
      token: "property:EdgeWorkerRules",
      name: this.#names.of(resourceName(propertyName)),
      id: propertyId,
      args: { propertyId, rules },
      dependsOn: [],
    });
  }

  /** What is live of an EdgeWorker: each version with its code, and where it is live. */
  async #addLive(
    { edgeWorkerId, name, live }: FoundEdgeWorker,
    edgeWorker: Declared | undefined,
    tokens: ReadonlyMap<string, Declared>,
  ): Promise<void> {
    const id =
      edgeWorker === undefined ? edgeWorkerId : new Reference(edgeWorker.name, "edgeWorkerId", edgeWorkerId);
    for (const { version, networks } of live) {
      const folder = this.#folders.of(fileName(live.length === 1 ? name : `${name}-${version}`));
      const uploaded = await this.#add({
        token: "edgeworkers:Version",
        name: resourceName(name, version),
        id: `${edgeWorkerId}/${version}`,
        change: ({ bundle, tokens: names, ...args }) => ({
          ...args,
          edgeWorkerId: id,
          bundle: this.#written(`./edgeworkers/${folder}`, bundle),
          ...(Array.isArray(names) && {
            tokens: names.map((one) => referenceTo(tokens.get(one), "name", one)),
          }),
        }),
      });
      for (const network of networks) {
        await this.#add({
          token: "edgeworkers:Activation",
          name: resourceName(name, network),
          id: `${edgeWorkerId}/${network}`,
          change: (args) => ({
            ...args,
            edgeWorkerId: id,
            version: referenceTo(uploaded, "version", version),
          }),
        });
      }
    }
  }

  /** The files of a bundle, in a folder of the program. */
  #written(path: string, bundle: unknown): ProgramPath {
    for (const [file, text] of Object.entries(bundle as Readonly<Record<string, string>>)) {
      this.options.write({
        path: `${path}/${file}`,
        bytes: Buffer.from(text),
        isPrivate: isTokensFile(file),
      });
    }
    return new ProgramPath(path);
  }

  /** Imports an object, and declares it. One that can't be imported is left out. */
  async #add(wanted: {
    readonly token: string;
    readonly name: string;
    readonly id: string;
    readonly dependsOn?: readonly string[];
    readonly change?: (args: Record<string, unknown>) => Record<string, unknown>;
  }): Promise<Declared | undefined> {
    const { token, id, dependsOn = [], change = (args) => args } = wanted;
    const object = `${token.split(":")[1]} ${id}`;
    let imported: Imported | undefined;
    try {
      imported = await this.#importer.find(token, wanted.name, id);
    } catch (error) {
      this.leftOut.push({ object, reason: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
    if (imported === undefined) {
      this.leftOut.push({ object, reason: "it is not there any more" });
      return undefined;
    }
    const name = this.#names.of(wanted.name);
    const all = change(argsOf(token, imported.inputs));
    const args = await this.#importer.withoutDefaults(token, name, imported.inputs, all);
    const resource = { token, name, id, args, dependsOn };
    this.planned.push({ resource, imported });
    this.options.onProgress(object);
    return resource;
  }
}

const jsonBytes = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
