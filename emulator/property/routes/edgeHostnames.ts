import { z } from "zod";
import type { Account } from "../../account/account";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { PapiError } from "../errors";
import { BASE, bodyOf, created, formatId, ownerFields, parseId, requireContractAndGroup } from "../request";
import type { EdgeHostname } from "../state";

const SUFFIXES = ["edgekey.net", "edgesuite.net", "akamaized.net"] as const;
const FIRST_ID = 4_000_001;

export const nameOf = ({ domainPrefix, domainSuffix }: EdgeHostname): string =>
  `${domainPrefix}.${domainSuffix}`;

/** The edge hostnames of the account: those that properties of a fresh account have, and those made since. */
export function edgeHostnamesOf({ property }: Account): EdgeHostname[] {
  const made = property.edgeHostnames ?? [];
  const used = new Map<string, EdgeHostname>();
  for (const { versions, contractId, groupId, productId } of Object.values(property.properties)) {
    for (const { cnameTo } of versions.flatMap((version) => version.hostnames)) {
      const domainSuffix = SUFFIXES.find((suffix) => cnameTo.endsWith(`.${suffix}`));
      if (domainSuffix === undefined || used.has(cnameTo) || made.some((one) => nameOf(one) === cnameTo))
        continue;
      used.set(cnameTo, {
        edgeHostnameId: FIRST_ID - 1 - used.size,
        domainPrefix: cnameTo.slice(0, -domainSuffix.length - 1),
        domainSuffix,
        ipVersionBehavior: "IPV4",
        secure: domainSuffix === "edgekey.net",
        productId,
        contractId,
        groupId,
      });
    }
  }
  return [...used.values(), ...made];
}

const NewEdgeHostname = z.object({
  productId: z.string().min(1),
  domainPrefix: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, { error: "must be a host name" }),
  domainSuffix: z.enum(SUFFIXES),
  ipVersionBehavior: z.enum(["IPV4", "IPV6_COMPLIANCE", "IPV6_PERFORMANCE"]),
  secureNetwork: z.enum(["STANDARD_TLS", "ENHANCED_TLS", "SHARED_CERT"]).nullish(),
  secure: z.boolean().nullish(),
  certEnrollmentId: z.int().nullish(),
});

const toJson = (context: RequestContext, one: EdgeHostname) => ({
  edgeHostnameId: formatId(context, "edgeHostname", one.edgeHostnameId),
  edgeHostnameDomain: nameOf(one),
  domainPrefix: one.domainPrefix,
  domainSuffix: one.domainSuffix,
  ...(one.productId !== undefined && { productId: formatId(context, "product", one.productId) }),
  ipVersionBehavior: one.ipVersionBehavior,
  secure: one.secure,
});

function toResponse(context: RequestContext, found: readonly EdgeHostname[]): Response {
  const items = found.map((one) => toJson(context, one));
  return json(200, { ...ownerFields(context, requireContractAndGroup(context)), edgeHostnames: { items } });
}

function here(context: RequestContext): EdgeHostname[] {
  const { contractId, groupId } = requireContractAndGroup(context);
  return edgeHostnamesOf(context.account).filter(
    (one) => one.contractId === contractId && one.groupId === groupId,
  );
}

/** One that does not exist is an empty list, as in the fixture "Edge hostname not found" of Akamai's Go client. */
function get(context: RequestContext): Response {
  const id = parseId("edgeHostname", param(context, "edgeHostnameId"));
  return toResponse(
    context,
    here(context).filter(({ edgeHostnameId }) => String(edgeHostnameId) === id),
  );
}

function create(context: RequestContext): Response {
  const place = requireContractAndGroup(context);
  const { property } = context.account;
  const body = bodyOf(context, NewEdgeHostname);
  const { productId, domainPrefix, domainSuffix, ipVersionBehavior, secure, secureNetwork } = body;
  const wanted: EdgeHostname = {
    ...place,
    edgeHostnameId: FIRST_ID + (property.edgeHostnames ?? []).length,
    domainPrefix,
    domainSuffix,
    ipVersionBehavior,
    secure: secure ?? (secureNetwork === "ENHANCED_TLS" || domainSuffix === "edgekey.net"),
    productId: parseId("product", productId),
  };
  if (edgeHostnamesOf(context.account).some((one) => nameOf(one) === nameOf(wanted))) {
    const detail = `The edge hostname ${nameOf(wanted)} exists already.`;
    throw new PapiError(400, "v1/edge-hostname-exists", "Edge hostname already exists", detail);
  }
  property.edgeHostnames = [...(property.edgeHostnames ?? []), wanted];
  const { contractId, groupId } = ownerFields(context, place);
  const id = formatId(context, "edgeHostname", wanted.edgeHostnameId);
  return created(
    "edgeHostnameLink",
    `${BASE}/edgehostnames/${id}?contractId=${contractId}&groupId=${groupId}`,
  );
}

export const edgeHostnames: readonly Route[] = [
  {
    method: "GET",
    path: "/edgehostnames",
    access: "read",
    handle: (context) => toResponse(context, here(context)),
  },
  { method: "POST", path: "/edgehostnames", access: "write", handle: create },
  { method: "GET", path: "/edgehostnames/:edgeHostnameId", access: "read", handle: get },
];
