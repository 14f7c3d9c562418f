import { createHash } from "node:crypto";
import { table } from "../json";
import { type Element, hasAdvanced, type Rule, withServerDefaults } from "./rules/ruleTree";
import type { Property, PropertyState, Version } from "./state";

const feature = (name: string, options: Record<string, unknown> = {}, more: object = {}): Element => ({
  name,
  options,
  ...more,
});

const path = (...values: string[]) =>
  feature("path", { matchOperator: "MATCHES_ONE_OF", values, matchCaseSensitive: false });
const extension = (...values: string[]) =>
  feature("fileExtension", { matchOperator: "IS_ONE_OF", values, matchCaseSensitive: false });
const hostname = (...values: string[]) => feature("hostname", { matchOperator: "IS_ONE_OF", values });
const method = (value: string) => feature("requestMethod", { matchOperator: "IS", value });
const status = (lowerBound: number, upperBound: number) =>
  feature("matchResponseCode", { matchOperator: "IS_BETWEEN", lowerBound, upperBound });
const variable = (variableName: string, ...variableValues: string[]) =>
  feature("matchVariable", {
    variableName,
    matchOperator: "IS_ONE_OF",
    variableValues,
    matchWildcard: false,
    matchCaseSensitive: true,
  });

const caching = (ttl: string) => feature("caching", { behavior: "MAX_AGE", mustRevalidate: false, ttl });
const noStore = feature("caching", { behavior: "NO_STORE" });
const cpCode = (id: number, name: string) =>
  feature("cpCode", {
    value: { id, name, description: name, products: ["Fresca"], createdDate: 1_574_347_032_000 },
  });
const header = (customHeaderName: string, headerValue: string) =>
  feature("modifyOutgoingResponseHeader", {
    action: "MODIFY",
    standardModifyHeaderName: "OTHER",
    customHeaderName,
    headerValue,
    avoidDuplicateHeaders: true,
  });
const redirect = (destinationPath: string) =>
  feature("redirect", {
    mobileDefaultChoice: "DEFAULT",
    destinationProtocol: "SAME_AS_REQUEST",
    destinationHostname: "SAME_AS_REQUEST",
    destinationPath: "OTHER",
    destinationPathOther: destinationPath,
    queryString: "APPEND",
    responseCode: 301,
  });
const origin = (host: string) =>
  feature("origin", {
    originType: "CUSTOMER",
    hostname: host,
    forwardHostHeader: "REQUEST_HOST_HEADER",
    cacheKeyHostname: "REQUEST_HOST_HEADER",
    compress: true,
    enableTrueClientIp: true,
    trueClientIpHeader: "True-Client-IP",
    trueClientIpClientSetting: false,
    httpPort: 80,
    httpsPort: 443,
    originSni: true,
    verificationMode: "PLATFORM_SETTINGS",
    ipVersion: "IPV4",
    minTlsVersion: "DYNAMIC",
  });

type Parts = Partial<Rule> & { comments?: string };
const rule = (
  name: string,
  criteria: Element[],
  behaviors: Element[],
  children: Rule[] = [],
  more: Parts = {},
): Rule => ({
  name,
  criteria,
  behaviors,
  children,
  ...more,
});

const performance = (): Rule =>
  rule(
    "Performance",
    [],
    [
      feature("http2"),
      feature("allowTransferEncoding", { enabled: true }),
      feature("enhancedAkamaiProtocol", { display: "" }),
    ],
    [
      rule(
        "Compressible objects",
        [
          feature("contentType", {
            matchOperator: "IS_ONE_OF",
            matchWildcard: true,
            matchCaseSensitive: false,
            values: ["text/*", "application/json*"],
          }),
        ],
        [feature("gzipResponse", { behavior: "ALWAYS" })],
      ),
      rule("Brotli", [extension("css", "js", "svg")], [feature("brotli", { enabled: true })]),
      rule(
        "Images",
        [extension("jpg", "jpeg", "png", "webp")],
        [
          feature("adaptiveImageCompression", {
            compressMobile: true,
            tier1MobileCompressionMethod: "COMPRESS",
            tier1MobileCompressionValue: 68,
          }),
        ],
        [
          rule(
            "Product images",
            [path("/media/products/*")],
            [caching("30d"), feature("tieredDistribution", { enabled: true })],
          ),
          rule("Thumbnails", [path("/media/thumbs/*")], [caching("7d")], [], {
            comments: "Made again every Sunday, see OPS-311",
          }),
        ],
      ),
      rule(
        "Prefetching",
        [extension("html", "")],
        [feature("prefetch", { enabled: true })],
        [
          rule(
            "Prefetchable objects",
            [extension("css", "js", "woff2")],
            [feature("prefetchable", { enabled: true })],
          ),
        ],
      ),
      rule(
        "Early hints",
        [path("/", "/shop/*")],
        [feature("earlyHints", { enabled: true, resourceUrl: "</app.css>;rel=preload" })],
      ),
    ],
    { comments: "Settings that improve the time to first byte. Ask the web team before you change them." },
  );

const offload = (): Rule =>
  rule(
    "Offload",
    [],
    [
      feature("cacheError", { enabled: true, ttl: "10s", preserveStale: true }),
      feature("downstreamCache", { behavior: "ALLOW", allowBehavior: "LESSER" }),
    ],
    [
      rule(
        "CSS and JavaScript",
        [extension("css", "js")],
        [caching("7d"), feature("cacheKeyQueryParams", { behavior: "INCLUDE_ALL_PRESERVE_ORDER" })],
        [
          rule(
            "Versioned files",
            [path("/assets/v*/*")],
            [caching("365d"), feature("cacheKeyQueryParams", { behavior: "IGNORE_ALL" })],
          ),
        ],
      ),
      rule(
        "Fonts",
        [extension("woff", "woff2", "ttf")],
        [caching("365d"), header("Access-Control-Allow-Origin", "*")],
      ),
      rule(
        "Static objects",
        [extension("ico", "pdf", "txt", "xml")],
        [caching("1d")],
        [
          rule(
            "Sitemap and robots",
            [path("/robots.txt", "/sitemap*.xml")],
            [caching("1h"), cpCode(740_103, "www-seo")],
          ),
        ],
      ),
      rule(
        "Uncacheable responses",
        [feature("cacheability", { matchOperator: "IS_NOT", value: "CACHEABLE" })],
        [feature("downstreamCache", { behavior: "TUNNEL_ORIGIN" })],
      ),
      rule(
        "Redirects are cached",
        [status(301, 302)],
        [feature("cacheRedirect", { enabled: "true" }), caching("1d")],
      ),
      rule(
        "Campaign pages",
        [path("/campaign/*"), variable("PMUSER_CAMPAIGN", "spring", "summer")],
        [caching("5m")],
        [],
        {
          criteriaMustSatisfy: "any",
          comments: "TTL agreed with marketing until the end of the year",
        },
      ),
    ],
  );

const api = (): Rule =>
  rule(
    "API",
    [path("/api/*")],
    [origin("api-origin.example.com"), cpCode(740_102, "www-api"), noStore],
    [
      rule(
        "Timeouts",
        [],
        [feature("readTimeout", { value: "30s" }), feature("connectTimeout", { value: "3s" })],
      ),
      rule(
        "CORS",
        [feature("requestHeader", { headerName: "Origin", matchOperator: "EXISTS" })],
        [header("Access-Control-Allow-Origin", "https://www.example.com")],
        [
          rule(
            "Preflight",
            [method("OPTIONS")],
            [
              feature("constructResponse", {
                enabled: true,
                body: "",
                responseCode: 204,
                forceEviction: false,
              }),
            ],
          ),
        ],
      ),
      rule(
        "Version 1",
        [path("/api/v1/*")],
        [header("Deprecation", "true")],
        [
          rule(
            "Stores",
            [path("/api/v1/stores*")],
            [
              caching("15m"),
              feature("cacheKeyQueryParams", {
                behavior: "INCLUDE",
                parameters: ["zip", "radius"],
                exactMatch: true,
              }),
            ],
          ),
          rule(
            "Login",
            [path("/api/v1/login"), method("POST")],
            [feature("allowPost", { enabled: true, allowWithoutContentLength: false })],
          ),
        ],
      ),
      rule(
        "Version 2",
        [path("/api/v2/*")],
        [
          feature("setVariable", {
            variableName: "PMUSER_API",
            valueSource: "EXPRESSION",
            transform: "NONE",
            variableValue: "2",
          }),
        ],
        [
          rule(
            "Prices",
            [path("/api/v2/prices/*")],
            [caching("60s")],
            [
              rule(
                "Prices of the day",
                [
                  feature("queryStringParameter", {
                    parameterName: "day",
                    matchOperator: "EXISTS",
                    matchCaseSensitiveName: true,
                  }),
                ],
                [caching("1d")],
              ),
            ],
          ),
          rule("Upload", [path("/api/v2/upload"), method("PUT")], [feature("allowPut", { enabled: true })]),
        ],
      ),
    ],
    { comments: "Owned by the API team" },
  );

const security = (): Rule =>
  rule(
    "Security",
    [],
    [header("Strict-Transport-Security", "max-age=31536000"), header("X-Content-Type-Options", "nosniff")],
    [
      rule(
        "HTTP to HTTPS",
        [feature("requestProtocol", { value: "HTTP" })],
        [redirect("{{builtin.AK_PATH}}")],
      ),
      rule(
        "Only from the office",
        [
          path("/internal/*"),
          feature("clientIp", {
            matchOperator: "IS_NOT_ONE_OF",
            values: ["198.51.100.0/24"],
            useHeaders: false,
          }),
        ],
        [feature("denyAccess", { enabled: true, reason: "internal" })],
      ),
      rule(
        "Debug headers",
        [
          feature("requestHeader", {
            headerName: "X-Debug",
            matchOperator: "IS_ONE_OF",
            values: ["{{user.PMUSER_DEBUG}}"],
          }),
        ],
        [
          feature("setVariable", {
            variableName: "PMUSER_IS_DEBUG",
            valueSource: "EXPRESSION",
            transform: "NONE",
            variableValue: "1",
          }),
        ],
      ),
      rule(
        "Error reference",
        [status(400, 599)],
        [
          feature(
            "advanced",
            {
              description: "Reference number of errors",
              xml: "<edgeservices:modify-outgoing-response.add-error-reference-header>on</edgeservices:modify-outgoing-response.add-error-reference-header>",
            },
            { uuid: "3d6a1c0e-5b0c-4c55-9a5c-6f3a2b7d9e10" },
          ),
        ],
        [],
        { uuid: "b9c0a6de-0f3b-4f17-8f2b-0b7c4a1d2e3f", comments: "Made by Akamai, case F-CS-4711" },
      ),
      rule(
        "Token authorization",
        [path("/members/*")],
        [
          feature(
            "verifyTokenAuthorization",
            { useAdvanced: false, location: "COOKIE", locationId: "__token__", failureResponse: true },
            { locked: true },
          ),
        ],
        [],
        { criteriaLocked: true },
      ),
    ],
  );

const sites = (level: number): Rule =>
  rule(
    "Sites",
    [],
    [],
    [
      rule(
        "Shop",
        [hostname("www.example.com", "shop.example.com")],
        [],
        [
          rule("Old category pages", [path("/c/*")], [redirect("/shop{{builtin.AK_PATH}}")]),
          rule(
            "Basket",
            [path("/basket", "/basket/*")],
            [noStore, feature("cacheId", { rule: "INCLUDE_COOKIES", elements: ["session"], optional: true })],
          ),
          rule(
            "Checkout",
            [path("/checkout/*")],
            [noStore, origin("checkout-origin.example.com")],
            [
              rule(
                "Payment provider is down",
                [status(500, 504)],
                [
                  feature("failAction", {
                    enabled: true,
                    actionType: "RECREATED_CO",
                    contentHostname: "static.example.com",
                    contentCustomPath: true,
                    contentPath: "/sorry.html",
                  }),
                ],
              ),
            ],
          ),
        ],
      ),
      rule(
        "Blog",
        [hostname("blog.example.com")],
        [origin("blog-origin.example.com"), caching("10m")],
        [
          rule("Feeds", [path("/feed", "/feed/*")], [caching("30m")]),
          rule(
            "Preview",
            [feature("requestCookie", { cookieName: "preview", matchOperator: "EXISTS" })],
            [feature("bypassCache")],
          ),
        ],
      ),
      ...(level < 2
        ? []
        : [
            rule(
              "Help",
              [path("/help/*")],
              [caching("1h")],
              [
                rule(
                  "Help search",
                  [path("/help/search"), method("GET")],
                  [
                    feature("cacheKeyQueryParams", {
                      behavior: "INCLUDE",
                      parameters: ["q"],
                      exactMatch: true,
                    }),
                  ],
                ),
              ],
            ),
          ]),
      ...(level < 3
        ? []
        : [
            rule("Status page", [path("/status")], [caching("10s")], [], {
              comments: "New in version 3, only on staging so far",
            }),
          ]),
    ],
    { options: {} },
  );

/** The rules that other people built, and went on building: each level has some more. */
const tree = (level: number): Rule => ({
  ...rule(
    "default",
    [],
    [
      origin("origin.example.com"),
      cpCode(740_101, "www"),
      feature("caching", { behavior: "CACHE_CONTROL_AND_EXPIRES", mustRevalidate: false, defaultTtl: "0s" }),
      feature("sureRoute", {
        enabled: true,
        type: "PERFORMANCE",
        testObjectUrl: "/sureroute.html",
        toHostStatus: "INCOMING_HH",
      }),
      feature("tieredDistribution", { enabled: true }),
      feature("allowPost", { enabled: true, allowWithoutContentLength: false }),
      feature("report", {
        logHost: true,
        logReferer: true,
        logUserAgent: true,
        logAcceptLanguage: false,
        logCookies: "OFF",
      }),
      feature("mPulse", { enabled: true, requirePci: false, apiKey: "", loaderVersion: "V12" }),
    ],
    [performance(), offload(), security(), api(), sites(level)],
  ),
  comments:
    "The behaviors in the default rule apply to all requests of the property, unless another rule overrides them.",
  options: { is_secure: true },
  variables: [
    {
      name: "PMUSER_CAMPAIGN",
      value: "spring",
      description: "The campaign that runs",
      hidden: false,
      sensitive: false,
    },
    { name: "PMUSER_API", value: "1", description: "", hidden: false, sensitive: false },
    {
      name: "PMUSER_DEBUG",
      value: "e1f7",
      description: "Shows debug headers",
      hidden: true,
      sensitive: true,
    },
    { name: "PMUSER_IS_DEBUG", value: "0", description: "", hidden: true, sensitive: false },
  ],
  customOverride: { name: "log-format", overrideId: "cbo_12345" },
});

/** The same in every account. */
function uuids(): () => string {
  let count = 0;
  return () => {
    count += 1;
    const digits = createHash("sha256").update(`rule ${count}`).digest("hex");
    return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
  };
}

/** Rules with advanced features have uuids, and keep them from version to version, wherever they move. */
function withUuids(levels: readonly number[]): Rule[] {
  const newUuid = uuids();
  const known = new Map<string, string>();
  const mark = (one: Rule, at: string): Rule => {
    const place = `${at}/${one.name}`;
    const uuid = one.uuid ?? known.get(place) ?? (hasAdvanced(one) ? newUuid() : undefined);
    if (uuid !== undefined) known.set(place, uuid);
    return {
      ...one,
      ...(at !== "" && uuid !== undefined && { uuid }),
      children: (one.children ?? []).map((child) => mark(child, place)),
    };
  };
  return levels.map((level) => withServerDefaults(mark(tree(level), ""), FORMAT, newUuid));
}

const FORMAT = "v2025-10-16";
const DAY = 86_400_000;
const EDGE_HOSTNAME = "www.example.com.edgekey.net";

/** A property that other people built: version 2 is live on production, version 3 on staging. */
export function seededProperty(now: number): Property {
  const changes = ["First version", "Help pages", "Status page"];
  const ago = [400, 90, 12];
  const versions = withUuids([1, 2, 3]).map(
    (rules, index): Version => ({
      propertyVersion: index + 1,
      ...(index > 0 && { createdFrom: index }),
      updatedByUser: ["jperez", "szhang", "jkowalski"][index] ?? "",
      updatedAt: now - (ago[index] ?? 0) * DAY,
      note: changes[index] ?? "",
      ruleFormat: FORMAT,
      hostnames: ["www.example.com", "shop.example.com", "blog.example.com"].map((cnameFrom) => ({
        cnameFrom,
        cnameTo: EDGE_HOSTNAME,
      })),
      rules,
      revision: 1,
    }),
  );
  const activated = (
    [propertyVersion, network, days]: readonly [number, "STAGING" | "PRODUCTION", number],
    index: number,
  ) => ({
    activationId: 61_001 + index,
    activationType: "ACTIVATE" as const,
    propertyVersion,
    network,
    note: changes[propertyVersion - 1] ?? "",
    notifyEmails: ["web-team@example.com"],
    submittedBy: versions[propertyVersion - 1]?.updatedByUser ?? "",
    submittedAt: now - days * DAY,
    endsAt: now - days * DAY + 600_000,
    outcome: "ACTIVE" as const,
  });
  const history = [
    [1, "STAGING", 399],
    [1, "PRODUCTION", 398],
    [2, "STAGING", 89],
    [2, "PRODUCTION", 88],
    [3, "STAGING", 11],
  ] as const;
  return {
    propertyId: 173_136,
    propertyName: "www.example.com",
    contractId: "1-3CV382",
    groupId: 72_297,
    assetId: 10_173_136,
    productId: "Fresca",
    note: "The web site. Ask the web team before you change it.",
    versions,
    activations: history.map(activated),
  };
}

/** One property that other users built, live on both networks. */
export function freshProperty(now: number): PropertyState {
  const seeded = seededProperty(now);
  return {
    nextPropertyId: 173_200,
    nextActivationId: 67_037,
    properties: table([[String(seeded.propertyId), seeded]]),
  };
}
