import { randomUUID } from "node:crypto";
import { z } from "zod";
import { randomUuid } from "../../prng";
import {
  HttpError,
  json,
  param,
  problem,
  type RequestContext,
  type Response,
  type Route,
} from "../../service";
import { badRequest, EdgeWorkersError } from "../errors";
import { bodyOf, NetworkName, networkQuery } from "../request";
import { createTraceToken } from "../traceTokens";

/** An error of the type that this endpoint alone has. */
class UnknownHostname extends HttpError {
  toResponse(): Response {
    return problem(400, {
      type: "/edgeworkers/error-types/invalid-host-name",
      title: "Bad Request",
      detail: "Host name provided does not exist in the property",
      instance: randomUUID(),
      status: 400,
      errorCode: "EW4807",
    });
  }
}

const MINUTES = (most: number) => {
  const error = `expiry must be an integer of 1 to ${most} minutes.`;
  return z.coerce.number({ error }).int({ error }).min(1, { error }).max(most, { error });
};
const Hostname = z.string().min(1);
const NewSecureToken = z.object({
  expiry: MINUTES(720).default(480),
  hostname: Hostname.nullish(),
  hostnames: z.array(Hostname).min(1).nullish(),
  propertyId: z
    .union([z.string().min(1), z.int()])
    .transform(String)
    .nullish(),
  acl: z.string().nullish(),
  url: z.string().nullish(),
  network: NetworkName.nullish(),
});

/** A signed token that names what it is for. Nobody but the emulator can check it. */
function createToken({ account, now }: RequestContext, minutes: number, claims: object): Response {
  const exp = Math.floor(now / 1000) + minutes * 60;
  return json(201, { akamaiEwTrace: createTraceToken({ ...claims, exp, jti: randomUuid(account) }) });
}

function assertProperty({ account }: RequestContext, given: string): void {
  if (account.property.properties[given.replace(/^prp_/, "")] === undefined)
    throw new EdgeWorkersError(404, "not-found", "Unable to find the requested property");
}

function create(context: RequestContext): Response {
  const { expiry, hostname, hostnames, propertyId, acl, url, network } = bodyOf(context, NewSecureToken);
  const hosts = hostnames ?? (hostname ? [hostname] : undefined);
  if ((hosts === undefined) === (propertyId === undefined || propertyId === null))
    throw badRequest("Either hostnames or propertyId must be specified, not both.");
  if (propertyId) assertProperty(context, propertyId);
  const known = new Set(
    Object.values(context.account.property.properties).flatMap(({ versions }) =>
      versions.flatMap((version) => version.hostnames.map(({ cnameFrom }) => cnameFrom)),
    ),
  );
  if (hosts?.some((host) => host !== "/*" && !known.has(host))) throw new UnknownHostname();
  const claims = { ...(hosts ? { hostnames: hosts } : { propertyId }), acl: acl ?? url ?? "/*" };
  return createToken(context, expiry, { ...claims, ...(network && { network }) });
}

/** The older form, for one property. */
function createForProperty(context: RequestContext): Response {
  const propertyId = param(context, "propertyId");
  assertProperty(context, propertyId);
  const { acl, url, expiry = "15" } = context.query;
  if (acl !== undefined && url !== undefined)
    throw badRequest("Either acl or url must be specified, not both.");
  const network = networkQuery(context);
  const minutes = MINUTES(60).safeParse(expiry);
  if (!minutes.success) throw badRequest("expiry must be an integer of 1 to 60 minutes.");
  return {
    ...createToken(context, minutes.data, {
      propertyId,
      acl: acl ?? url ?? "/*",
      ...(network && { network }),
    }),
    status: 200,
  };
}

export const secureTokens: readonly Route[] = [
  { method: "POST", path: "/secure-token", access: "read", handle: create },
  { method: "GET", path: "/secure-token/:propertyId", access: "read", handle: createForProperty },
];
