import { z } from "zod";
import { type Answer, type Call, json, type Route } from "../../service";
import { EdgeKvError, internalError } from "../errors";
import { bodyOf, demandInitialized } from "../request";
import { statusAt } from "../state";

const boolean = z.boolean({ error: "Both restrictDataAccess and allowNamespacePolicyOverride must be specified." });

const DataAccessPolicy = z.object({ restrictDataAccess: boolean, allowNamespacePolicyOverride: boolean });

export const STANDARD_TLS_REFUSAL =
  "You cannot set `restrictDataAccess` to false. Your account entitlement doesn't allow EdgeKV data access to Akamai's Standard TLS network.";

/** EdgeKV fails with an internal error for a user who may not see its CP code. */
export function demandCpCode({ client }: Call): void {
  if (!client.viewCpCodes) throw internalError();
}

function status(code: number, { account: { edgekv }, now }: Call): Answer {
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

function initialize(call: Call): Answer {
  demandCpCode(call);
  const { account, now, lags } = call;
  const { database } = account.edgekv;
  const policy = call.body.length === 0 ? null : bodyOf(call, z.object({ dataAccessPolicy: DataAccessPolicy.nullish() })).dataAccessPolicy;
  if (policy?.restrictDataAccess === false && !account.settings.tlsEntitlement)
    throw new EdgeKvError(400, "EKV_1005", STANDARD_TLS_REFUSAL);
  if (statusAt(account.edgekv, now) !== "UNINITIALIZED") return status(200, call);

  database.readyAt = now + lags.initialization * 1000;
  database.fails = account.settings.failInitializations > 0;
  if (database.fails) account.settings.failInitializations -= 1;
  if (policy) database.dataAccessPolicy = policy;
  return status(201, call);
}

function setDataAccessPolicy(call: Call): Answer {
  demandInitialized(call);
  const { dataAccessPolicy } = bodyOf(call, z.object({ dataAccessPolicy: DataAccessPolicy }));
  if (!call.account.settings.tlsEntitlement)
    throw new EdgeKvError(403, "EKV_1005", "This feature requires the Standard TLS Support product.");
  call.account.edgekv.database.dataAccessPolicy = dataAccessPolicy;
  return status(200, call);
}

export const initialization: readonly Route[] = [
  {
    method: "GET",
    path: "/initialize",
    access: "read",
    handle(call) {
      demandCpCode(call);
      return status(200, call);
    },
  },
  { method: "PUT", path: "/initialize", access: "write", handle: initialize },
  { method: "PUT", path: "/auth/database", access: "write", handle: setDataAccessPolicy },
];
