import { z } from "zod";
import { ApiError } from "../../errors";
import { parseProblem } from "../../errors/problem";
import type { HttpClient } from "../../runtime/httpClient";

/** Which data an EdgeWorker may read over which connections. */
const DataAccessPolicy = z.object({ restrictDataAccess: z.boolean(), allowNamespacePolicyOverride: z.boolean() });
export type DataAccessPolicy = z.output<typeof DataAccessPolicy>;

const Initialization = z.object({
  /** `INITIALIZED`, `UNINITIALIZED` or `PENDING`. */
  accountStatus: z.string(),
  stagingStatus: z.string(),
  productionStatus: z.string(),
  /** Text in the API; a number where somebody's tool rewrote it. */
  cpcode: z.coerce.string().nullish().catch(undefined),
  dataAccessPolicy: DataAccessPolicy.nullish(),
});
export type Initialization = z.output<typeof Initialization>;

const path = "/edgekv/v1/initialize";

/** Where the account stands. An account that was never initialized answers with 200 or with 404; the status in the body tells. */
export async function getInitialization(http: HttpClient): Promise<Initialization> {
  const reply = await http.send({ method: "GET", path, expectedStatuses: [404] });
  if (reply.status === 404 && !Initialization.safeParse(reply.as(z.unknown())).success) {
    const { detail, code, requestId } = parseProblem(reply.text, reply.status);
    throw new ApiError({ method: "GET", path }, reply.status, code, detail, requestId ?? reply.headers["x-trace-id"], false);
  }
  return reply.as(Initialization);
}

/** Starts the initialization; doing it again does no harm. Creates the namespace `default` on both networks. */
export async function initialize(http: HttpClient, policy: DataAccessPolicy | undefined): Promise<void> {
  await http.send({ method: "PUT", path, ...(policy === undefined ? {} : { json: { dataAccessPolicy: policy } }) });
}

/** Changes the policy that namespaces created from now on inherit. */
export async function setDataAccessPolicy(http: HttpClient, policy: DataAccessPolicy): Promise<void> {
  await http.send({ method: "PUT", path: "/edgekv/v1/auth/database", json: { dataAccessPolicy: policy } });
}
