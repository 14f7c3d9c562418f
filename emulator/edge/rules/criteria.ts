import { isInBlocks } from "./clientAddress";
import { builtIn, type Facts } from "./facts";
import { byNumber, byOperator, isOneOf, listOf, type Options } from "./matching";
import { type Criterion, headerPairs, IS, pairs } from "./pairs";
import {
  contentType,
  edgeWorkersFailure,
  matchResponseCode,
  originTimeout,
  responseHeader,
} from "./responseCriteria";
import { matchVariable } from "./variables";

const cookiesOf = (facts: Facts): [string, string][] =>
  (facts.headers.cookie ?? [])
    .flatMap((line) => line.split(";"))
    .map((pair) => {
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      return [name.trim(), value.trim()];
    });

const hostname: Criterion = ({ matchOperator = "IS_ONE_OF", values }, facts) =>
  byOperator(matchOperator, IS, () =>
    isOneOf(facts.host, listOf(values), { wildcards: true, caseSensitive: false }),
  );

const path: Criterion = ({ matchOperator, values, matchCaseSensitive, normalize }, facts) => {
  const operators = { yes: ["MATCHES_ONE_OF"], no: ["DOES_NOT_MATCH_ONE_OF"] };
  const given = normalize === true ? normalized(facts.path) : facts.path;
  return byOperator(matchOperator, operators, () =>
    isOneOf(given, listOf(values), { wildcards: true, caseSensitive: matchCaseSensitive === true }),
  );
};

/** Without percent-encoding, double slashes and dot segments. */
function normalized(given: string): string {
  try {
    return new URL(`http://x${decodeURIComponent(given).replace(/\/{2,}/g, "/")}`).pathname;
  } catch {
    return given;
  }
}

const fileExtension: Criterion = ({ matchOperator, values, matchCaseSensitive }, facts) => {
  const extension = /\.([^./]+)$/.exec(facts.path)?.[1] ?? "";
  return byOperator(matchOperator, IS, () =>
    // The editor's name for "no extension" is an empty text.
    isOneOf(extension, listOf(values), { wildcards: true, caseSensitive: matchCaseSensitive === true }),
  );
};

const filename: Criterion = ({ matchOperator, values, matchCaseSensitive }, facts) => {
  const name = facts.path.split("/").at(-1) ?? "";
  if (matchOperator === "IS_EMPTY") return name === "";
  if (matchOperator === "IS_NOT_EMPTY") return name !== "";
  return byOperator(matchOperator, IS, () =>
    isOneOf(name, listOf(values), { wildcards: true, caseSensitive: matchCaseSensitive === true }),
  );
};

const requestMethod: Criterion = ({ matchOperator, value }, facts) =>
  byOperator(matchOperator, IS, () => String(value).replace(/^HTTP_/, "") === facts.method);

const requestProtocol: Criterion = ({ value, matchOperator = "IS" }, facts) =>
  byOperator(matchOperator, IS, () => String(value).toLowerCase() === facts.scheme);

const requestType: Criterion = ({ matchOperator, value }, facts) =>
  byOperator(matchOperator, IS, () => listOf(value).includes(facts.requestType));

const requestHeader: Criterion = (options, facts) =>
  pairs(options, facts, headerPairs(facts.headers), {
    names: options.headerName,
    nameCase: false,
    nameWildcard: options.matchWildcardName === true,
  });

const requestCookie: Criterion = (options, facts) =>
  pairs(options, facts, cookiesOf(facts), {
    names: options.cookieName,
    nameCase: options.matchCaseSensitiveName === true,
    nameWildcard: options.matchWildcardName === true,
  });

const queryStringParameter: Criterion = (options, facts) =>
  options.escapeValue === true
    ? "unknown"
    : pairs(options, facts, [...new URLSearchParams(facts.query)], {
        names: options.parameterName,
        nameCase: options.matchCaseSensitiveName === true,
        nameWildcard: options.matchWildcardName === true,
      });

const userAgent: Criterion = ({ matchOperator, values, matchWildcard, matchCaseSensitive }, facts) =>
  byOperator(matchOperator, IS, () =>
    isOneOf(facts.headers["user-agent"]?.[0] ?? "", listOf(values), {
      wildcards: matchWildcard === true,
      caseSensitive: matchCaseSensitive === true,
    }),
  );

const clientIp: Criterion = ({ matchOperator, values, useHeaders }, facts) => {
  const forwarded = (facts.headers["x-forwarded-for"] ?? []).flatMap((line) => line.split(","));
  const addresses =
    useHeaders === true ? [facts.clientIp, ...forwarded.map((one) => one.trim())] : [facts.clientIp];
  return byOperator(matchOperator, IS, () => addresses.some((one) => isInBlocks(one, listOf(values))));
};

const LOCATION: Readonly<Record<string, [option: string, member: string]>> = {
  COUNTRY: ["countryValues", "country"],
  CONTINENT: ["continentValues", "continent"],
  REGION: ["regionValues", "region"],
};

const userLocation: Criterion = (options, facts) => {
  const [option, member] = LOCATION[String(options.field)] ?? [];
  if (option === undefined || member === undefined || facts.location === null) return "unknown";
  const { country, region } = facts.location;
  const given = member === "region" ? `${String(country)}-${String(region)}` : String(facts.location[member]);
  const values = listOf(options[option]);
  return byOperator(options.matchOperator, IS, () => values.includes(given));
};

const DEVICE: Readonly<Record<string, string>> = {
  BRAND_NAME: "brandName",
  MODEL_NAME: "modelName",
  MARKETING_NAME: "marketingName",
  IS_WIRELESS_DEVICE: "isWireless",
  IS_TABLET: "isTablet",
  IS_MOBILE: "isMobile",
  DEVICE_OS: "os",
  DEVICE_OS_VERSION: "osVersion",
  MOBILE_BROWSER: "mobileBrowser",
  MOBILE_BROWSER_VERSION: "mobileBrowserVersion",
  RESOLUTION_WIDTH: "resolutionWidth",
  RESOLUTION_HEIGHT: "resolutionHeight",
};

const deviceCharacteristic: Criterion = (options, facts) => {
  const member = DEVICE[String(options.characteristic)];
  const given = member === undefined ? undefined : facts.device?.[member];
  if (given === undefined) return "unknown";
  const { stringMatchOperator, numericMatchOperator, booleanValue, numericValue } = options;
  if (typeof given === "boolean") return given === (booleanValue === true || booleanValue === "true");
  if (typeof given === "number")
    return byNumber(numericMatchOperator, given, {
      ...options,
      value: numericValue,
      upperBound: options.numericUpperBound ?? numericValue,
      lowerBound: options.numericLowerBound ?? numericValue,
    });
  const how = {
    wildcards: options.matchWildcard === true,
    caseSensitive: options.matchCaseSensitive === true,
  };
  const operators = { yes: ["MATCHES_ONE_OF"], no: ["DOES_NOT_MATCH_ONE_OF"] };
  return byOperator(stringMatchOperator, operators, () =>
    isOneOf(String(given), listOf(options.stringValue), how),
  );
};

const random: Criterion = ({ bucket }, facts, rulePath) => facts.percentile(rulePath) < Number(bucket);

const metadataStage: Criterion = ({ matchOperator, value }, facts) =>
  byOperator(matchOperator, IS, () => value === facts.stage);

/** Every criterion that is evaluated, by its name. */
export const CRITERIA: ReadonlyMap<string, Criterion> = new Map(
  Object.entries({
    hostname,
    path,
    fileExtension,
    filename,
    requestMethod,
    requestProtocol,
    requestType,
    requestHeader,
    requestCookie,
    queryStringParameter,
    userAgent,
    clientIp,
    userLocation,
    deviceCharacteristic,
    random,
    metadataStage,
    matchVariable: (options: Options, facts: Facts) => matchVariable(options, facts, builtIn),
    matchResponseCode,
    responseHeader,
    contentType,
    edgeWorkersFailure,
    originTimeout,
  }),
);
