import type { BehaviorLocation, PropertiesOf } from "../edgeworkers/routes/properties";
import type { Handler, Service } from "../service";
import { liveVersion } from "./activationProgress";
import { limitExceeded, PapiError } from "./errors";
import { RequestBudget } from "./limits";
import { BASE } from "./request";
import { lookups } from "./routes/account";
import { activations } from "./routes/activations";
import { cpCodes } from "./routes/cpCodes";
import { edgeHostnames } from "./routes/edgeHostnames";
import { hostnames } from "./routes/hostnames";
import { properties } from "./routes/properties";
import { rules } from "./routes/rules";
import { search } from "./routes/search";
import { versions } from "./routes/versions";
import { elementsOf, type Rule } from "./rules/ruleTree";
import { latestVersion } from "./state";
import { edgeWorkerIdsIn } from "./validation/validator";

/** The Property Manager API. */
export const property = (): Service => {
  const budget = new RequestBudget();
  /** Every request counts. Every response has headers with what remains. */
  const limited =
    (handle: Handler): Handler =>
    (context) => {
      const { papiRequestsPerMinute, papiRequestBurst } = context.account.settings;
      const { allowed, remaining, next } = budget.take(
        context.trafficAt,
        papiRequestsPerMinute,
        papiRequestBurst,
      );
      const headers = {
        "X-RateLimit-Limit": String(papiRequestBurst),
        "X-RateLimit-Remaining": String(remaining),
        "X-RateLimit-Next": new Date(next).toISOString(),
      };
      try {
        if (!allowed) {
          const detail = `Your account has made too many requests. The next one is allowed at ${headers["X-RateLimit-Next"]}.`;
          throw limitExceeded(
            "Too many requests",
            detail,
            "REQUESTS_PER_MINUTE",
            context.account.accountId,
            papiRequestBurst,
          );
        }
        const response = handle(context);
        return { ...response, headers: { ...headers, ...response.headers } };
      } catch (error) {
        if (error instanceof PapiError) Object.assign(error.headers, headers);
        throw error;
      }
    };
  const routes = [
    ...lookups,
    ...edgeHostnames,
    ...cpCodes,
    ...search,
    ...properties,
    ...versions,
    ...hostnames,
    ...rules,
    ...activations,
  ];
  return {
    name: "property",
    base: BASE,
    routes: routes.map((route) => ("handle" in route ? { ...route, handle: limited(route.handle) } : route)),
    // The status of an activation follows from the time alone.
    advance() {},
  };
};

/** Where a rule tree runs an EdgeWorker. */
const behaviorLocations = (tree: Rule, edgeWorkerId: string): BehaviorLocation[] =>
  elementsOf(tree)
    .filter(({ kind, element }) => kind === "behaviors" && element.name === "edgeWorker")
    .filter(({ element }) => String(element.options.edgeWorkerId) === edgeWorkerId)
    .map(({ location, element }) => ({
      location,
      continueOnError: element.options.continueOnError === true,
    }));

/** The properties of which the latest version, or a live one, uses an EdgeWorker ID. */
export const propertiesWith: PropertiesOf = (account, edgeWorkerId) =>
  Object.values(account.property.properties).flatMap((one) => {
    const { propertyId, propertyName } = one;
    const using = (version: number | undefined): number | null => {
      const tree = version === undefined ? undefined : one.versions[version - 1]?.rules;
      return version !== undefined && tree && edgeWorkerIdsIn(tree).has(String(edgeWorkerId))
        ? version
        : null;
    };
    const latest = latestVersion(one).propertyVersion;
    const [stagingVersion, productionVersion] = [
      using(liveVersion(one, "STAGING", account.now)),
      using(liveVersion(one, "PRODUCTION", account.now)),
    ];
    if (using(latest) === null && stagingVersion === null && productionVersion === null) return [];
    const locations = (version: number | null) => {
      const tree = version === null ? undefined : one.versions[version - 1]?.rules;
      return tree === undefined ? [] : behaviorLocations(tree, String(edgeWorkerId));
    };
    return [
      {
        propertyId,
        propertyName,
        stagingVersion,
        productionVersion,
        latestVersion: latest,
        behaviorLocations: { staging: locations(stagingVersion), production: locations(productionVersion) },
      },
    ];
  });
