/** Mentions a request that hangs, once. While one is mentioned, others that hang beside it are not: they have the same cause. */
import type { RequestLine } from "../errors";

export interface SlowRequest {
  /** An attempt begins. */
  begin(): void;
  /** An attempt ended, whatever its outcome. */
  end(): void;
  /** The request is over. */
  close(): void;
}

export interface SlowRequestOptions {
  readonly host: string;
  /** Milliseconds of the machine's time without an answer. */
  readonly afterMs: number;
  /** Milliseconds that one attempt may take. */
  readonly timeoutMs: number;
  /** Called with the line for the user. */
  readonly mention: (line: string) => void;
}

export function watchSlowRequests({ host, afterMs, timeoutMs, mention }: SlowRequestOptions) {
  let hanging = 0;
  return ({ method, path }: RequestLine): SlowRequest => {
    let isMentioned = false;
    let timer: NodeJS.Timeout | undefined;
    const report = () => {
      isMentioned = true;
      hanging += 1;
      if (hanging > 1) return;
      mention(
        `${host} has not answered ${method} ${path} for ${Math.round(afterMs / 1000)} s; one attempt may take ${Math.round(timeoutMs / 1000)} s`,
      );
    };
    return {
      begin: () => {
        if (!isMentioned) timer = setTimeout(report, afterMs).unref();
      },
      end: () => clearTimeout(timer),
      close: () => {
        clearTimeout(timer);
        if (isMentioned) hanging -= 1;
      },
    };
  };
}
