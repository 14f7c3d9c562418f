/** Ends the download of a body that is too large, before it fills the memory. */
import type { EventEmitter } from "node:events";
import { BodyError, maxBodyBytes, tooLarge } from "./body";

/** The part of got's promise that is used here. */
interface Sending {
  on(event: "downloadProgress", listener: (progress: { readonly transferred: number }) => void): unknown;
  on(event: "request", listener: (request: EventEmitter) => void): unknown;
}

export interface BoundedDownload {
  /** Ends the request. */
  readonly signal: AbortSignal;
  /** Why this ended it. */
  readonly problem: BodyError | undefined;
  watch(sending: Sending): void;
}

/** @param cancel ends the request too */
export function boundedDownload(cancel: AbortSignal | undefined): BoundedDownload {
  const own = new AbortController();
  let problem: BodyError | undefined;
  let status: number | undefined;
  const refuse = () => {
    problem = new BodyError(tooLarge, status);
    own.abort();
  };
  return {
    signal: cancel === undefined ? own.signal : AbortSignal.any([cancel, own.signal]),
    get problem() {
      return problem;
    },
    watch(sending) {
      sending.on("request", (request) => {
        request.once("response", ({ statusCode }: { readonly statusCode: number }) => {
          status = statusCode;
        });
      });
      // The size that a server announces counts too: then these events come until the end.
      sending.on("downloadProgress", ({ transferred }) => {
        if (transferred > maxBodyBytes && problem === undefined) refuse();
      });
    },
  };
}
