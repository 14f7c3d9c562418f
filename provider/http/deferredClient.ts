import type { HttpClient } from "../runtime/httpClient";

/** A client that is loaded when the first request is sent: a run that has nothing to ask does without it. */
export function deferredClient(open: () => HttpClient): HttpClient {
  let client: HttpClient | undefined;
  return {
    async send(request) {
      client ??= open();
      return client.send(request);
    },
  };
}
