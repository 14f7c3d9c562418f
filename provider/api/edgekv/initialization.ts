import { z } from "zod";
import { ApiError } from "../../errors";
import { parseProblem } from "../../errors/problem";
import type { HttpClient } from "../../runtime/httpClient";

/** Which connections EdgeKV serves data over. */
const DataAccessPolicy = z.object({
  restrictDataAccess: z.boolean(),
  allowNamespacePolicyOverride: z.boolean(),
});
export type DataAccessPolicy = z.output<typeof DataAccessPolicy>;

const Initialization = z.object({
  /** `INITIALIZED`, `UNINITIALIZED` or `PENDING`. */
  accountStatus: z.string(),
  stagingStatus: z.string(),
  productionStatus: z.string(),
  /** Text in the API, but some tools rewrite it as a number. */
  cpcode: z.coerce.string().nullish().catch(undefined),
  dataAccessPolicy: DataAccessPolicy.nullish(),
});
export type Initialization = z.output<typeof Initialization>;

const path = "/edgekv/v1/initialize";

/**
 * The statuses of the account. One that was never initialized gets 200 or 404: the status in the body counts.
 */
export async function getInitialization(http: HttpClient): Promise<Initialization> {
  const reply = await http.send({ method: "GET", path, expectedStatuses: [404] });
  if (reply.status === 404 && !Initialization.safeParse(reply.as(z.unknown())).success) {
    const { detail, code, requestId } = parseProblem(reply.text, reply.status);
    throw new ApiError(
      { method: "GET", path },
      reply.status,
      code,
      detail,
      requestId ?? reply.headers["x-trace-id"],
      false,
    );
  }
  return reply.as(Initialization);
}

/** Requests the initialization, idempotently. It creates the namespace `default` on both networks. */
export async function initialize(http: HttpClient, policy: DataAccessPolicy | undefined): Promise<void> {
  await http.send({
    method: "PUT",
    path,
    ...(policy === undefined ? {} : { json: { dataAccessPolicy: policy } }),
  });
}

/** Changes the policy that new namespaces inherit. */
export async function setDataAccessPolicy(http: HttpClient, policy: DataAccessPolicy): Promise<void> {
  await http.send({ method: "PUT", path: "/edgekv/v1/auth/database", json: { dataAccessPolicy: policy } });
}
