import { byNumber, byOperator, isOneOf, listOf } from "./matching";
import { type Criterion, headerPairs, IS, pairs } from "./pairs";

/** Criteria about the response. At the stage of the request they do not match. */
export const matchResponseCode: Criterion = (options, facts) => {
  if (facts.response === undefined) return false;
  const { status } = facts.response;
  const { matchOperator, values } = options;
  if (matchOperator === "IS_ONE_OF" || matchOperator === "IS_NOT_ONE_OF")
    return byOperator(matchOperator, IS, () =>
      isOneOf(String(status), listOf(values), { wildcards: true, caseSensitive: true }),
    );
  return byNumber(matchOperator, status, options);
};

export const responseHeader: Criterion = (options, facts) =>
  facts.response === undefined
    ? false
    : pairs(options, facts, headerPairs(facts.response.headers), {
        names: options.headerName,
        nameCase: false,
        nameWildcard: options.matchWildcardName === true,
      });

export const contentType: Criterion = (
  { matchOperator, values, matchWildcard, matchCaseSensitive },
  facts,
) =>
  facts.response === undefined
    ? false
    : byOperator(matchOperator, IS, () =>
        isOneOf(facts.response?.headers["content-type"]?.[0] ?? "", listOf(values), {
          wildcards: matchWildcard === true,
          caseSensitive: matchCaseSensitive === true,
        }),
      );

export const edgeWorkersFailure: Criterion = ({ execStatus = "FAILURE" }, facts) => {
  if (facts.response === undefined || facts.edgeWorkerFailed === undefined) return false;
  return execStatus === "FAILURE" ? facts.edgeWorkerFailed : !facts.edgeWorkerFailed;
};

/** The local edge waits for an origin as long as it takes: none times out. */
export const originTimeout: Criterion = ({ matchOperator }) =>
  matchOperator === "ORIGIN_TIMED_OUT" ? false : "unknown";
