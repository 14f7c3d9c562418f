import { z } from "zod";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { EdgeKvError, internalError } from "../errors";
import { assertInitialized, bodyOf } from "../request";
import { statusAt } from "../state";

const boolean = z.boolean({ error: "Both restrictDataAccess and allowNamespacePolicyOverride must be specified." });

const DataAccessPolicy = z.object({ restrictDataAccess: boolean, allowNamespacePolicyOverride: boolean });

export const NO_STANDARD_TLS =
  "You cannot set `restrictDataAccess` to false. Your account entitlement doesn't allow EdgeKV data access to Akamai's Standard TLS network.";

/** EdgeKV fails with an internal error for a user who may not see its CP code. */
export function assertCpCodeAccess({ client }: RequestContext): void {
  if (!client.viewCpCodes) throw internalError();
}

function status(code: number, { account: { edgekv }, now }: RequestContext): Response {
  const accountStatus = statusAt(edgekv, now);
  const ready = accountStatus === "INITIALIZED";
  return json(code, {
    accountStatus,
    cpcode: ready ? edgekv.database.cpcode : null,
    productionStatus: accountStatus,
    stagingStatus: accountStatus,
    dataAccessPolicy: ready ? edgekv.database.dataAccessPolicy : null,
  });
}

function initialize(context: RequestContext): Response {
  assertCpCodeAccess(context);
  const { account, now, lags } = context;
  const { database } = account.edgekv;
  const policy =
    context.body.length === 0 ? null : bodyOf(context, z.object({ dataAccessPolicy: DataAccessPolicy.nullish() })).dataAccessPolicy;
  if (policy?.restrictDataAccess === false && !account.settings.tlsEntitlement) throw new EdgeKvError(400, "EKV_1005", NO_STANDARD_TLS);
  if (statusAt(account.edgekv, now) !== "UNINITIALIZED") return status(200, context);

  database.readyAt = now + lags.initialization * 1000;
  database.fails = account.settings.failInitializations > 0;
  if (database.fails) account.settings.failInitializations -= 1;
  if (policy) database.dataAccessPolicy = policy;
  return status(201, context);
}

function setDataAccessPolicy(context: RequestContext): Response {
  assertInitialized(context);
  const { dataAccessPolicy } = bodyOf(context, z.object({ dataAccessPolicy: DataAccessPolicy }));
  if (!context.account.settings.tlsEntitlement)
    throw new EdgeKvError(403, "EKV_1005", "This feature requires the Standard TLS Support product.");
  context.account.edgekv.database.dataAccessPolicy = dataAccessPolicy;
  return status(200, context);
}

export const initialization: readonly Route[] = [
  {
    method: "GET",
    path: "/initialize",
    access: "read",
    handle(context) {
      assertCpCodeAccess(context);
      return status(200, context);
    },
  },
  { method: "PUT", path: "/initialize", access: "write", handle: initialize },
  { method: "PUT", path: "/auth/database", access: "write", handle: setDataAccessPolicy },
];
