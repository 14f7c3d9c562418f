import { z } from "zod";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { PapiError } from "../errors";
import { bodyOf, formatId, ownerFields, parseId, resolveProperty, resolveVersion } from "../request";
import { type Property, type Version, versionEtagOf } from "../state";
import { assertEtag, assertUnlocked } from "../versionWrites";
import { edgeHostnamesOf, nameOf } from "./edgeHostnames";

const Hostname = z
  .object({
    cnameType: z.literal("EDGE_HOSTNAME").optional(),
    cnameFrom: z
      .string()
      .regex(/^[A-Za-z0-9*]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, { error: "must be a host name" }),
    cnameTo: z.string().min(1).nullish(),
    edgeHostnameId: z.union([z.string(), z.int()]).transform(String).nullish(),
    certProvisioningType: z.enum(["CPS_MANAGED", "DEFAULT", "CCM"]).optional(),
  })
  .refine(({ cnameTo, edgeHostnameId }) => Boolean(cnameTo ?? edgeHostnameId), {
    error: "must have cnameTo or edgeHostnameId",
  });

function toResponse(context: RequestContext, property: Property, version: Version): Response {
  const known = edgeHostnamesOf(context.account);
  const etag = versionEtagOf(property, version);
  const items = version.hostnames.map(({ cnameFrom, cnameTo, certProvisioningType = "CPS_MANAGED" }) => {
    const id = known.find((one) => nameOf(one) === cnameTo)?.edgeHostnameId;
    return {
      cnameType: "EDGE_HOSTNAME",
      ...(id !== undefined && { edgeHostnameId: formatId(context, "edgeHostname", id) }),
      cnameFrom,
      cnameTo,
      certProvisioningType,
    };
  });
  return json(
    200,
    {
      ...ownerFields(context, property),
      propertyId: formatId(context, "property", property.propertyId),
      propertyName: property.propertyName,
      propertyVersion: version.propertyVersion,
      etag,
      hostnames: { items },
    },
    { ETag: `"${etag}"` },
  );
}

function get(context: RequestContext): Response {
  const property = resolveProperty(context);
  return toResponse(context, property, resolveVersion(context, property));
}

const Changes = z.object({ add: z.array(Hostname).optional(), remove: z.array(z.string()).optional() });

/** The hostnames as they are kept, each with an edge hostname of the account. */
function named(context: RequestContext, wanted: readonly z.infer<typeof Hostname>[]): Version["hostnames"] {
  const known = edgeHostnamesOf(context.account);
  return wanted.map(({ cnameFrom, certProvisioningType, ...to }) => {
    const id = to.edgeHostnameId && parseId("edgeHostname", to.edgeHostnameId);
    const found = known.find((one) => (id ? String(one.edgeHostnameId) === id : nameOf(one) === to.cnameTo));
    if (found === undefined) {
      const detail = `The edge hostname ${to.edgeHostnameId ?? to.cnameTo} does not exist.`;
      throw new PapiError(400, "v1/unknown-edge-hostname", "Unknown edge hostname", detail);
    }
    return { cnameFrom, cnameTo: nameOf(found), ...(certProvisioningType && { certProvisioningType }) };
  });
}

function assertDifferent(hostnames: Version["hostnames"]): void {
  const names = hostnames.map(({ cnameFrom }) => cnameFrom.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new PapiError(400, "v1/duplicate-hostname", "Duplicate hostname", `${twice} is there twice.`);
}

function change(context: RequestContext, changed: (version: Version) => Version["hostnames"]): Response {
  const property = resolveProperty(context);
  const version = resolveVersion(context, property);
  assertUnlocked(context, property, version);
  assertEtag(context, versionEtagOf(property, version));
  const hostnames = changed(version);
  const changes = { hostnames, updatedByUser: context.user, updatedAt: context.now };
  Object.assign(version, changes, { revision: version.revision + 1 });
  return toResponse(context, property, version);
}

/** Replaces all hostnames of a version. */
function put(context: RequestContext): Response {
  return change(context, () => {
    const hostnames = named(context, bodyOf(context, z.array(Hostname)));
    assertDifferent(hostnames);
    return hostnames;
  });
}

/** Adds some hostnames to those of a version, and removes others. */
function patch(context: RequestContext): Response {
  return change(context, (version) => {
    const { add = [], remove = [] } = bodyOf(context, Changes);
    const added = named(context, add);
    assertDifferent(added);
    const gone = new Set(
      [...remove, ...added.map(({ cnameFrom }) => cnameFrom)].map((name) => name.toLowerCase()),
    );
    return [...version.hostnames.filter(({ cnameFrom }) => !gone.has(cnameFrom.toLowerCase())), ...added];
  });
}

const PATH = "/properties/:propertyId/versions/:propertyVersion/hostnames";

export const hostnames: readonly Route[] = [
  { method: "GET", path: PATH, access: "read", handle: get },
  { method: "PUT", path: PATH, access: "write", handle: put },
  { method: "PATCH", path: PATH, access: "write", handle: patch },
];
