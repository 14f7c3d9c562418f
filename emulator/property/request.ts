import { z } from "zod";
import { parseTables } from "../json";
import { json, param, type RequestContext, type RequestFacts, type Response } from "../service";
import { badRequest, notFound, PapiError } from "./errors";
import type { Property, Version } from "./state";

export const BASE = "/papi/v1";

const PREFIXES = {
  contract: "ctr_",
  group: "grp_",
  property: "prp_",
  activation: "atv_",
  product: "prd_",
  account: "act_",
  asset: "aid_",
  edgeHostname: "ehn_",
  cpCode: "cpc_",
};
type Noun = keyof typeof PREFIXES;

/** An id as the client wants to see it: with the prefix of its kind, or without. */
export const formatId = ({ headers }: RequestContext, noun: Noun, id: string | number): string =>
  headers["papi-use-prefixes"] === "false" ? String(id) : `${PREFIXES[noun]}${id}`;

/** An id as the state has it. Requests may have the prefix or not. */
export const parseId = (noun: Noun, given: string): string =>
  given.startsWith(PREFIXES[noun]) ? given.slice(4) : given;

/** The time as this API writes it: without parts of a second. */
export const timestamp = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");

/** A body that does not match its schema. The locations are JSON pointers, unlike those of findings in a rule tree. */
export function schemaError(error: z.ZodError): PapiError {
  const errors = error.issues.map(({ path, message }) => ({
    location: `/${path.join("/")}`,
    detail: message,
  }));
  const detail = "Your input has a syntax problem.  Please double check against the schema.";
  return new PapiError(400, "v1/json-schema-invalid", "Input does not match schema", detail, { errors });
}

export function parseBody({ body }: RequestContext): unknown {
  try {
    return parseTables(body.toString("utf8"));
  } catch {
    throw badRequest();
  }
}

/** The JSON body, checked. */
export function bodyOf<S extends z.ZodType>(context: RequestContext, schema: S): z.infer<S> {
  const result = schema.safeParse(parseBody(context));
  if (!result.success) throw schemaError(result.error);
  return result.data;
}

/** A query parameter that is true or false. */
export function flagQuery({ query }: RequestContext, name: string, otherwise: boolean): boolean {
  const text = query[name];
  if (text === undefined) return otherwise;
  if (text !== "true" && text !== "false") throw badRequest(`${name} must be true or false.`);
  return text === "true";
}

export function integerQuery(
  { query }: RequestContext,
  name: string,
  min: number,
  otherwise: number,
): number {
  const text = query[name];
  if (text === undefined) return otherwise;
  const result = z.coerce.number().int().min(min).safeParse(text);
  if (!result.success) throw badRequest(`${name} must be an integer of at least ${min}.`);
  return result.data;
}

/** A redirect to the same address with contract and group. */
export class Redirect extends PapiError {
  constructor(
    /** The query parameters that the address lacks. */
    readonly place: string,
    readonly member: string,
  ) {
    super(302, "", "Found", undefined);
  }

  override toResponse({ url }: RequestFacts): Response {
    const { origin, pathname, search } = new URL(url);
    const location = `${pathname}${search}${search === "" ? "?" : "&"}${this.place}`;
    return json(302, { [this.member]: location }, { ...this.headers, Location: origin + location });
  }
}

/** The contract and group that a request has to name. */
export function requireContractAndGroup({ account, query }: RequestContext): {
  contractId: string;
  groupId: number;
} {
  if (!query.contractId || !query.groupId) throw badRequest("contractId and groupId must be specified.");
  const contractId = parseId("contract", query.contractId);
  const groupId = Number(parseId("group", query.groupId));
  const isKnown =
    account.contracts.some((one) => one.contractId === contractId) &&
    account.groups.some((one) => one.groupId === groupId);
  if (!isKnown) throw notFound();
  return { contractId, groupId };
}

/** The property that the path names. Contract and group come together in the query, and must be those of the property. */
export function resolveProperty(context: RequestContext, linkMember = "redirectLink"): Property {
  const { account, query } = context;
  const property = account.property.properties[parseId("property", param(context, "propertyId"))];
  if (property === undefined) throw notFound();
  const { contractId, groupId } = query;
  if ((contractId === undefined) !== (groupId === undefined))
    throw badRequest("contractId and groupId must be specified together.");
  if (contractId === undefined || groupId === undefined) {
    if (account.settings.propertyRedirects) throw new Redirect(ownerQuery(context, property), linkMember);
    return property;
  }
  const isHere =
    parseId("contract", contractId) === property.contractId &&
    parseId("group", groupId) === String(property.groupId);
  if (!isHere) throw notFound();
  return property;
}

/** The version that the path names. */
export function resolveVersion(context: RequestContext, property: Property): Version {
  const text = param(context, "propertyVersion");
  if (!/^[1-9]\d{0,8}$/.test(text)) throw badRequest("propertyVersion must be an integer of at least 1.");
  const version = property.versions[Number(text) - 1];
  if (version === undefined) throw notFound();
  return version;
}

const ownerQuery = (context: RequestContext, { contractId, groupId }: Property): string =>
  `contractId=${formatId(context, "contract", contractId)}&groupId=${formatId(context, "group", groupId)}`;

/** A link to something of a property. */
export const link = (context: RequestContext, property: Property, path: string): string =>
  `${BASE}/properties/${formatId(context, "property", property.propertyId)}${path}?${ownerQuery(context, property)}`;

export const created = (member: string, location: string, headers: Record<string, string> = {}): Response =>
  json(201, { [member]: location }, { ...headers, Location: location });

/** The account, contract and group that own a property. */
export const ownerFields = (
  context: RequestContext,
  { contractId, groupId }: Pick<Property, "contractId" | "groupId">,
) => ({
  accountId: formatId(context, "account", context.account.accountId),
  contractId: formatId(context, "contract", contractId),
  groupId: formatId(context, "group", groupId),
});
