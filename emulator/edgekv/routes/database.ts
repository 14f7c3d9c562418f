import { z } from "zod";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { assertCpCodeAccess } from "../access";
import { EdgeKvError, standardTlsNotAllowed } from "../errors";
import { assertInitialized, bodyOf } from "../request";
import { statusAt } from "../state";

/** How long the request that initializes EdgeKV waits for the end, as Akamai's command line allows it. */
const LONGEST_HOLD_SECONDS = 120;

/** Bodies without a policy. Older versions of Akamai's CLI send an empty JSON string. */
const nothing: ReadonlySet<string> = new Set(["", '""']);

const boolean = z.boolean({
  error: "Both restrictDataAccess and allowNamespacePolicyOverride must be specified.",
});

const DataAccessPolicy = z.object({ restrictDataAccess: boolean, allowNamespacePolicyOverride: boolean });

function status({ account: { edgekv }, now }: RequestContext, code: number): Response {
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
  const policy = nothing.has(context.body.toString("utf8").trim())
    ? null
    : bodyOf(context, z.object({ dataAccessPolicy: DataAccessPolicy.nullish() })).dataAccessPolicy;
  if (policy?.restrictDataAccess === false && !account.settings.tlsEntitlement) throw standardTlsNotAllowed();
  if (statusAt(account.edgekv, now) !== "UNINITIALIZED") return status(context, 200);

  database.readyAt = now + lags.initialization * 1000;
  database.fails = account.settings.failInitializations > 0;
  if (database.fails) account.settings.failInitializations -= 1;
  if (policy) database.dataAccessPolicy = policy;
  const until = Math.min(database.readyAt, now + LONGEST_HOLD_SECONDS * 1000);
  return { status: 201, hold: { until, respond: (later) => status(later, 201) } };
}

function setDataAccessPolicy(context: RequestContext): Response {
  assertInitialized(context);
  const { dataAccessPolicy } = bodyOf(context, z.object({ dataAccessPolicy: DataAccessPolicy }));
  if (!context.account.settings.tlsEntitlement)
    throw new EdgeKvError(403, "EKV_1005", "This feature requires the Standard TLS Support product.");
  context.account.edgekv.database.dataAccessPolicy = dataAccessPolicy;
  return status(context, 200);
}

export const database: readonly Route[] = [
  {
    method: "GET",
    path: "/initialize",
    access: "read",
    handle(context) {
      assertCpCodeAccess(context);
      return status(context, 200);
    },
  },
  { method: "PUT", path: "/initialize", access: "write", handle: initialize },
  { method: "PUT", path: "/auth/database", access: "write", handle: setDataAccessPolicy },
];
