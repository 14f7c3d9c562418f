/** From an inventory to the resources of a program, in the order in which they depend on each other. */
import { findToken } from "../../provider/api/edgekv/tokens";
import { downloadVersion } from "../../provider/api/edgeworkers/versions";
import { unpack } from "../../provider/bundle/files";
import { isTokensFile } from "../../provider/bundle/tokensFileName";
import type { Context } from "../../provider/runtime/context";
import { argsOf, type Imported, Importer } from "./declare";
import { type Declared, type LeftOut, ProgramPath, Reference } from "./declared";
import type { FoundEdgeWorker, Inventory } from "./inventory";
import { fileName, resourceName, UniqueNames } from "./names";

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
  readonly #names = new UniqueNames(["account"]);
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
    for (const name of inventory.tokens) await this.#addToken(name, namespaces, edgeWorkers);
    for (const found of inventory.edgeWorkers)
      await this.#addLive(found, edgeWorkers.get(found.edgeWorkerId));
    for (const { propertyId, propertyName, networks } of inventory.properties) {
      for (const network of networks) {
        await this.#add({
          token: "property:Activation",
          name: resourceName(propertyName, network),
          id: `${propertyId}/${network}`,
        });
      }
    }
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
  ): Promise<void> {
    const token = await findToken(this.options.context.http, name);
    if (typeof token === "string") {
      this.leftOut.push({ object: `access token ${name}`, reason: `it is ${token}` });
      return;
    }
    const networks = [
      ...(token.allowOnStaging ? ["staging"] : []),
      ...(token.allowOnProduction ? ["production"] : []),
    ];
    const needed = Object.keys(token.namespacePermissions ?? {}).flatMap((namespace) =>
      networks.flatMap((network) => namespaces.get(`${network}/${namespace}`)?.name ?? []),
    );
    await this.#add({
      token: "edgekv:AccessToken",
      name: resourceName(name),
      id: name,
      dependsOn: needed,
      change: ({ restrictToEdgeWorkerIds: ids, ...args }) => ({
        ...args,
        ...(Array.isArray(ids) && { restrictToEdgeWorkerIds: ids.map((id) => idOf(id, edgeWorkers)) }),
      }),
    });
  }

  /** What is live of an EdgeWorker: each version with its code, and where it is live. */
  async #addLive(
    { edgeWorkerId, name, live }: FoundEdgeWorker,
    edgeWorker: Declared | undefined,
  ): Promise<void> {
    for (const { version, networks } of live) {
      const path = `./edgeworkers/${fileName(live.length === 1 ? name : `${name}-${version}`)}`;
      const bytes = await downloadVersion(this.options.context.http, edgeWorkerId, version);
      const files = await unpack(bytes, `version ${version} of EdgeWorker ${edgeWorkerId}`);
      for (const [file, content] of files) {
        this.options.write({ path: `${path}/${file}`, bytes: content, isPrivate: isTokensFile(file) });
      }
      const id =
        edgeWorker === undefined
          ? edgeWorkerId
          : new Reference(edgeWorker.name, "edgeWorkerId", edgeWorkerId);
      const uploaded = await this.#add({
        token: "edgeworkers:Version",
        name: resourceName(name, version),
        id: `${edgeWorkerId}/${version}`,
        change: (args) => ({ ...args, edgeWorkerId: id, bundle: new ProgramPath(path) }),
      });
      for (const network of networks) {
        await this.#add({
          token: "edgeworkers:Activation",
          name: resourceName(name, network),
          id: `${edgeWorkerId}/${network}`,
          change: (args) => ({
            ...args,
            edgeWorkerId: id,
            ...(uploaded !== undefined && { version: new Reference(uploaded.name, "version", version) }),
          }),
        });
      }
    }
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

/** An EdgeWorker of the program by reference, another one by its id. */
function idOf(id: unknown, edgeWorkers: ReadonlyMap<number, Declared>): unknown {
  const edgeWorker = edgeWorkers.get(Number(id));
  return edgeWorker === undefined ? id : new Reference(edgeWorker.name, "edgeWorkerId", Number(id));
}
