import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import { parse } from "yaml";
import type { Service } from "../../../emulator/service";
import type { Reply } from "./client";
import { DEVIATIONS, type Deviation } from "./deviations";
import { templateOf } from "./routes";

type Values = Record<string, unknown>;

/** Where the describeError of a product is: in a folder of its own, or beside the others. The first that is there is taken. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  edgekv: ["edgekv/v1/openapi.json", "edgekv.openapi.json"],
  edgeworkers: ["edgeworkers/v1/openapi.json", "edgeworkers.openapi.json"],
  // In many files, each path in one.
  property: ["papi/v1", "papi"],
};

/** What an operation answers, by status and media type; `undefined` where anything goes. */
type Answers = ReadonlyMap<number, ReadonlyMap<string, object | undefined>>;

/** An operation as the describeError has it. */
interface Operation {
  /** In capitals; `*` where the file of the path is not at hand. */
  readonly method: string;
  readonly path: string;
  readonly answers: Answers | "not at hand";
}

export interface Comparison {
  /** What of the replies is not as the descriptions say, but for the known deviations. */
  readonly deviations: readonly string[];
  /** Known deviations that no reply showed, though its operation could be looked at. */
  readonly unused: readonly string[];
}

/** Compares replies with the descriptions in a directory. */
export function compare(
  directory: string,
  products: readonly Service[],
  replies: readonly Reply[],
): Comparison {
  const validator = validators();
  const deviations = new Set<string>();
  const used = new Set<Deviation>();
  const notAtHand: string[] = [];
  for (const { name, base } of products) {
    const operations = operationsOf(directory, name);
    const known = DEVIATIONS.filter(({ product }) => product === name);
    for (const reply of replies.filter(({ path }) => path.startsWith(`${base}/`))) {
      const path = reply.path.slice(base.length);
      const operation = templateOf(
        operations.filter(({ method }) => method === reply.method || method === "*"),
        path,
      );
      const where = `${reply.method} ${operation?.path ?? path} ${reply.status}`;
      if (operation?.answers === "not at hand") notAtHand.push(where);
      for (const what of wrongWith(reply, operation?.answers, validator)) {
        const deviation = known.find((one) => one.where.test(where) && one.what.test(what));
        if (deviation) used.add(deviation);
        else deviations.add(`${name}: ${where}: ${what}`);
      }
    }
  }
  const unused = DEVIATIONS.filter(
    (one) =>
      products.some(({ name }) => name === one.product) &&
      !used.has(one) &&
      !notAtHand.some((where) => one.where.test(where)),
  );
  return {
    deviations: [...deviations],
    unused: unused.map(({ product, where, what }) => `${product}: ${where} ${what}`),
  };
}

/** Compiles each schema once. */
function validators(): (schema: object) => ValidateFunction {
  const ajv = new Ajv({ allErrors: true, strict: false, logger: false });
  formats.default(ajv);
  const compiled = new Map<object, ValidateFunction>();
  return (schema) => {
    const validate = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, validate);
    return validate;
  };
}

function wrongWith(
  reply: Reply,
  answers: Operation["answers"] | undefined,
  validator: (schema: object) => ValidateFunction,
): string[] {
  if (answers === "not at hand") return [];
  if (answers === undefined) return ["the operation is not described"];
  const answer = answers.get(reply.status);
  if (answer === undefined) return ["the status is not described"];
  const isEmpty = reply.bytes.length === 0;
  if (isEmpty) return answer.size === 0 || answer.has("*/*") ? [] : ["there is no content"];
  if (answer.size === 0) return ["no content is described"];
  const mediaType = [reply.mediaType, "*/*"].find((one) => answer.has(one));
  if (mediaType === undefined) return [`the media type ${reply.mediaType} is not described`];
  const schema = answer.get(mediaType);
  if (schema === undefined || !reply.mediaType.endsWith("json")) return [];
  const validate = validator(schema);
  return validate(reply.json) ? [] : [...new Set((validate.errors ?? []).map(describeError))];
}

/** Places in lists are left out: `/tokens/*` instead of `/tokens/3`. */
function describeError({ instancePath, message, params }: ErrorObject): string {
  const { additionalProperty, allowedValues } = params as {
    additionalProperty?: string;
    allowedValues?: string[];
  };
  const more = additionalProperty ?? allowedValues?.join(", ");
  return `${instancePath.replace(/\/\d+(?=\/|$)/g, "/*")} ${message}${more === undefined ? "" : `: ${more}`}`;
}

function operationsOf(directory: string, product: string): Operation[] {
  const place = PLACES[product]?.map((one) => join(directory, one)).find((path) => existsSync(path));
  if (place === undefined) throw new Error(`AKAMAI_OPENAPI_DIR has none of ${PLACES[product]?.join(", ")}`);
  return Object.entries(
    place.endsWith(".json") ? pathsOf(place) : { ...namedPaths(place), ...writtenPaths(place) },
  ).flatMap(([path, methods]): Operation[] =>
    methods === "not at hand"
      ? [{ method: "*", path, answers: methods }]
      : Object.entries(methods)
          .filter(([method]) => ["get", "head", "put", "post", "patch", "delete"].includes(method))
          .map(([method, operation]) => ({
            method: method.toUpperCase(),
            path,
            answers: answersOf((operation as { responses: Values }).responses),
          })),
  );
}

type Paths = Record<string, Values | "not at hand">;

const pathsOf = (file: string): Record<string, Values> =>
  (parse(readFileSync(file, "utf8")) as { paths: Record<string, Values> }).paths;

/** The paths that the files on top of a directory name; what they are is in other files. */
function namedPaths(directory: string): Paths {
  const files = readdirSync(directory).filter((file) => /^\d\d-.*\.yaml$/.test(file));
  return Object.fromEntries(
    files.flatMap((file) => Object.keys(pathsOf(join(directory, file))).map((path) => [path, "not at hand"])),
  );
}

/** The paths that have a file. */
function writtenPaths(directory: string): Paths {
  const files = readdirSync(join(directory, "paths"));
  return Object.fromEntries(
    files.map((file) => {
      const path = readWhole(join(directory, "paths", file)) as Values;
      return [(path["x-akamai"] as { "path-for-file": string })["path-for-file"], path];
    }),
  );
}

function answersOf(responses: Values): Answers {
  return new Map(
    Object.entries(responses).map(([status, response]) => {
      const { content = {} } = response as { content?: Record<string, { schema?: object }> };
      return [
        Number(status),
        new Map(
          Object.entries(content).map(([mediaType, { schema }]) => [mediaType, schema && plain(schema)]),
        ),
      ];
    }),
  );
}

/** A YAML file with all that it refers to in other files, but for examples and what is not there. */
function readWhole(file: string): unknown {
  const within = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(within);
    if (typeof value !== "object" || value === null) return value;
    const { $ref } = value as { $ref?: unknown };
    if (typeof $ref === "string") return readWhole(join(dirname(file), $ref));
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== "example" && key !== "examples")
        .map(([key, part]) => [key, within(part)]),
    );
  };
  return existsSync(file) ? within(parse(readFileSync(file, "utf8"))) : {};
}

/**
 * A schema as its authors mean it. `allOf` stands for one object that is described in parts, of which each would forbid the members of the others.
 * Names of schemas are left out: they are of drafts that the validator does not read.
 */
function plain(schema: object): object {
  const { $schema: _, id, allOf, ...rest } = schema as Values & { allOf?: object[] };
  // A member of that name is no name of a schema.
  const kept = typeof id === "object" ? { ...rest, id } : rest;
  const own = Object.fromEntries(
    Object.entries(kept).map(([key, value]) => [key, key === "enum" ? value : plainPart(value)]),
  );
  if (allOf === undefined) return own;
  const parts = [...allOf.map(plain), own] as (Values & { properties?: object; required?: string[] })[];
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  };
}

const plainPart = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(plainPart)
    : typeof value === "object" && value !== null
      ? plain(value)
      : value;
