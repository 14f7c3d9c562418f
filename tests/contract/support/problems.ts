import type { Reply } from "./client";

/** Errors of EdgeKV: problem+json with a code, which is a category, and the id of the request. `type` comes in several spellings. */
export function expectEdgeKvError(reply: Reply, status: number, errorCode: string, detail?: RegExp): void {
  expect([reply.status, reply.mediaType, reply.json]).toEqual([
    status,
    "application/problem+json",
    expect.objectContaining({
      type: expect.any(String),
      title: expect.stringMatching(/./),
      // Clients of others read the status from the body.
      status,
      detail: detail ? expect.stringMatching(detail) : expect.stringMatching(/./),
      errorCode,
      instance: expect.stringMatching(/^\/edgekv\/error-instances\/./i),
      additionalDetail: { requestId: expect.stringMatching(/./) },
    }),
  ]);
}

/** Errors of EdgeWorkers: as above without the id; many have no code. The title is a sentence. */
export function expectEdgeWorkersError(reply: Reply, status: number, errorCode?: string): void {
  expect([reply.status, reply.mediaType, reply.json]).toEqual([
    status,
    "application/problem+json",
    expect.objectContaining({
      type: expect.stringMatching(/^\/edgeworkers\/error-types\/edgeworkers-./),
      title: expect.stringMatching(/\.$/),
      detail: expect.stringMatching(/./),
      instance: expect.stringMatching(/^\/edgeworkers\/error-instances\/./),
      status,
      ...(errorCode !== undefined && { errorCode }),
    }),
  ]);
}

/** Errors of Property Manager: RFC 7807 with an absolute address as type. Some bodies say `statusCode`. */
export function expectPapiProblem(reply: Reply, status: number): void {
  expect([reply.status, reply.mediaType, reply.json]).toEqual([
    status,
    "application/problem+json",
    expect.objectContaining({
      type: expect.stringMatching(/^https:\/\/problems\.luna[^/]*\.akamaiapis\.net\/papi\//),
      title: expect.stringMatching(/./),
    }),
  ]);
  expect([status]).toContain(
    (reply.json as { status?: number; statusCode?: number }).status ??
      (reply.json as { statusCode?: number }).statusCode,
  );
}

/** Errors of the gateway before the APIs have a shape of their own, without an error code. */
export function expectGatewayDenial(reply: Reply): void {
  expect([reply.status, reply.mediaType, reply.json]).toEqual([
    401,
    "application/problem+json",
    expect.objectContaining({
      type: expect.stringMatching(/^https:\/\/problems\.luna[^/]*\.akamaiapis\.net\/-\/pep-authn\/deny$/),
      title: expect.stringMatching(/./),
      status: 401,
      detail: expect.stringMatching(/./),
      method: reply.method,
      requestId: expect.stringMatching(/./),
    }),
  ]);
  expect(reply.json).not.toHaveProperty("errorCode");
}
