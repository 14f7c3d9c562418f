/**
 * Writes the schema of the native plugin beside it, at each build: from the contracts and their comments. From it come the packages for other languages, the
 * code that `pulumi import` prints, and the completion of YAML.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { z } from "zod";
import type { AnyResource } from "../provider/framework/resource";
import { packageName } from "../provider/plugin/resources";
import { registry } from "../provider/registry";
import { filesOf } from "./docs";
import { exported } from "./docs/source";
import { root } from "./root";
import { Sources } from "./schema/comments";
import { type FunctionSpec, functionSpecs } from "./schema/functions";
import {
  archive,
  isAlwaysSet,
  isOptional,
  type ObjectSpec,
  type PropertySpec,
  type TypeSpec,
  Types,
} from "./schema/types";

type Properties = Readonly<Record<string, PropertySpec>>;

export interface ResourceSpec {
  readonly description: string;
  readonly inputProperties: Properties;
  readonly requiredInputs: readonly string[];
  readonly properties: Properties;
  readonly required: readonly string[];
}

export interface PackageSpec {
  readonly name: string;
  readonly version: string;
  readonly displayName: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly homepage: string;
  readonly license: string;
  readonly repository: string;
  readonly publisher: string;
  readonly pluginDownloadURL: string;
  readonly language: Readonly<Record<string, unknown>>;
  readonly config: { readonly variables: Properties };
  readonly provider: { readonly description: string; readonly inputProperties: Properties };
  readonly types: Readonly<Record<string, ObjectSpec>>;
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly functions: Readonly<Record<string, FunctionSpec>>;
}

/** What a contract can't tell of a field: Pulumi's own types. */
const ownTypes: Readonly<Record<string, TypeSpec>> = {
  "edgeworkers:Version.bundle": { oneOf: [{ type: "string" }, archive] },
};

/** What check fills in from elsewhere where a program leaves it out: the state always has it. */
const filledIn: readonly string[] = [
  "edgekv:Namespace.name",
  "edgekv:AccessToken.name",
  "edgeworkers:EdgeWorker.name",
  "edgeworkers:Version.version",
  "property:EdgeWorkerRules.propertyId",
];

/** Where the engine finds the tarball of a version: among the files of the release. */
const pluginDownloadURL = "github://api.github.com/pulumi-akamai-edge/pulumi-akamai-edge";

/** What the generators need to know besides. A package names its plugin by the version that it was made from. */
const language = {
  python: { packageName: "pulumi_akamai_edge", respectSchemaVersion: true, pyproject: { enabled: true } },
  go: {
    importBasePath: "github.com/pulumi-akamai-edge/pulumi-akamai-edge/sdk/go/akamaiedge",
    rootPackageName: "akamaiedge",
    respectSchemaVersion: true,
    generateResourceContainerTypes: true,
  },
};

/** Files with what the fields of contracts are made of. */
const parts = [
  "provider/rules/declaration.ts",
  "provider/rules/failAction.ts",
  "provider/rules/papiRule.ts",
  "provider/resources/edgekv/item/schema.ts",
  "provider/resources/probe/schema.ts",
];

export function schemaOf(read: (path: string) => string): PackageSpec {
  const { version, description, keywords, homepage, license, repository } = JSON.parse(
    read("package.json"),
  ) as {
    version: string;
    description: string;
    keywords: string[];
    homepage: string;
    license: string;
    repository: { url: string };
  };
  const types = new Types();
  const resources = [...registry.values()].map((resource): [string, ResourceSpec] => [
    `${packageName}:${resource.token}`,
    resourceSpec(resource, read, types),
  ]);
  const functions = functionSpecs(read, types);
  const settings = settingsSpec(read);
  return {
    name: packageName,
    version,
    displayName: "Akamai edge",
    description,
    keywords: [...keywords, "kind/native", "category/cloud"],
    homepage,
    license,
    repository: repository.url.replace(/^git\+|\.git$/g, ""),
    publisher: "pulumi-akamai-edge",
    pluginDownloadURL,
    language,
    config: { variables: settings },
    provider: {
      description: "An account of Akamai, with the API client that signs the requests.",
      inputProperties: settings,
    },
    types: Object.fromEntries(Object.entries(types.found).sort(([a], [b]) => (a < b ? -1 : 1))),
    resources: Object.fromEntries(resources),
    functions,
  };
}

function resourceSpec(resource: AnyResource, read: (path: string) => string, types: Types): ResourceSpec {
  const { title, noun, contract, sdk } = filesOf(resource.token);
  const sources = new Sources([...contract, ...parts].map(read));
  const propertiesOf = (part: "args" | "computed" | "outputs"): Properties => {
    const comments = sources.fields(noun + part.charAt(0).toUpperCase() + part.slice(1));
    const fields = Object.entries(resource[part].shape).filter(([field]) => field !== "owner");
    return Object.fromEntries(
      fields.map(([field, schema]) => {
        if (comments === undefined) throw new Error(`the ${part} of ${resource.token} have no comments`);
        const spec = types.propertyOf(field, schema as z.ZodType, resource.token, comments);
        const { description, secret, willReplaceOnChanges } = spec;
        const own = ownTypes[`${resource.token}.${field}`];
        if (own === undefined) return [field, spec];
        return [
          field,
          {
            ...own,
            description,
            ...(secret && { secret }),
            ...(willReplaceOnChanges && { willReplaceOnChanges }),
          },
        ];
      }),
    );
  };
  const { args, computed, outputs } = resource;
  const all = { ...args.shape, ...computed.shape, ...outputs.shape };
  return {
    description: exported(read(sdk)).find(({ name }) => name === title)?.text ?? "",
    inputProperties: propertiesOf("args"),
    requiredInputs: Object.keys(args.shape).filter((field) => !isOptional(args.shape[field])),
    properties: { ...propertiesOf("args"), ...propertiesOf("computed"), ...propertiesOf("outputs") },
    required: Object.keys(all).filter(
      (field) =>
        field !== "owner" && (isAlwaysSet(all[field]) || filledIn.includes(`${resource.token}.${field}`)),
    ),
  };
}

function settingsSpec(read: (path: string) => string): Properties {
  const members = new Sources([read("sdk/provider.ts")]).members("ProviderArgs");
  return Object.fromEntries(
    [...members].map(([name, { comment, type }]) => {
      const kind = /boolean/.test(type) ? "boolean" : /number/.test(type) ? "integer" : "string";
      return [
        name,
        {
          type: kind,
          description: comment,
          ...(/Secret in the state/.test(comment) ? { secret: true as const } : {}),
        },
      ];
    }),
  );
}

/** Where the build writes it. */
export const schemaFile = join(root, "dist", "provider", "plugin", "schema.json");

if (require.main === module) {
  const file = schemaFile;
  mkdirSync(dirname(file), { recursive: true });
  const schema = schemaOf((path) => readFileSync(join(root, path), "utf8"));
  writeFileSync(file, `${JSON.stringify(schema, undefined, 2)}\n`);
}
