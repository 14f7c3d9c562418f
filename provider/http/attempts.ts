/** Reports the attempts of one request, which got and the rate limiter may send more than once. */
import { HTTPError, type RequestError, type Response } from "got";
import type { Clock } from "../runtime/clock";
import type { ApiRequest } from "../runtime/httpClient";
import { flattenHeaders, requestIdOf } from "./reply";
import type { RequestAttempt } from "./requestLog";
import type { SlowRequest } from "./slowRequests";

type Ending = RequestError | Pick<Response<unknown>, "statusCode" | "headers">;

export interface AttemptReporter {
  begin(): void;
  end(outcome: Ending): void;
  close(): void;
}

export function reportAttempts(
  { method, path, query }: ApiRequest,
  clock: Clock,
  slow: SlowRequest,
  onAttempt: ((attempt: RequestAttempt) => void) | undefined,
): AttemptReporter {
  let [attempt, beganMs] = [0, clock.now()];
  return {
    begin: () => {
      beganMs = clock.now();
      slow.begin();
    },
    end: (outcome) => {
      attempt += 1;
      slow.end();
      onAttempt?.({ beganMs, endedMs: clock.now(), method, path, query, attempt, ...outcomeForLog(outcome) });
    },
    close: () => slow.close(),
  };
}

function outcomeForLog(ending: Ending): Pick<RequestAttempt, "outcome" | "requestId"> {
  const response = ending instanceof HTTPError ? ending.response : ending;
  if (response instanceof Error) return { outcome: response.code };
  return { outcome: response.statusCode, requestId: requestIdOf(flattenHeaders(response.headers)) };
}
