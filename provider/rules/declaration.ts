/** The shape of a rule in a program: typed for EdgeWorkers, in the format of Property Manager for everything else. */
import { hasUnknown } from "../framework/unknown";
import * as z from "../framework/zod";
import { element, papiRuleWithFiles } from "./papiRule";

const text = z.string("must be text");
const filled = text.min(1, "must not be empty");
const flag = z.boolean("must be true or false");
const list = z.array(filled, "must be a list of texts").min(1, "must not be empty");

const noId = "must be the id of an EdgeWorker, or its name";
const edgeWorkerId = z.union(
  [z.int(noId).min(1, noId), z.string().regex(/\S/, noId), z.custom<string>(hasUnknown)],
  noId,
);

const edgeWorker = z.strictObject({
  /** The id of the EdgeWorker: a number, or its digits as text. Or its name, which the preview looks up: the managed rules show the id. */
  edgeWorkerId,
  /** Whether the EdgeWorker runs. Default: true. */
  enabled: flag.default(true),
  /** Whether mPulse gets data about the EdgeWorker. Needs the mPulse behavior above the rule. Default: that of Property Manager. */
  mPulse: flag.optional(),
  /** Whether a request continues when the EdgeWorker fails. It can't be combined with `failover`. Default: that of Property Manager. */
  continueOnError: flag.optional(),
});

const common = {
  /** The status code of the response, a whole number. Default: that of Property Manager. */
  statusCode: z.int("must be a whole number").optional(),
  /** Whether an edge server may override the action of its parent. Default: that of Property Manager. */
  allowFCMParentOverride: flag.optional(),
};

/** The options of the behavior `failAction`, by their `actionType`. */
const failAction = z.discriminatedUnion(
  "actionType",
  [
    z.strictObject({
      /** What happens: the stale response is served. */
      actionType: z.literal("SERVE_STALE"),
      ...common,
    }),
    z.strictObject({
      /** What happens: a redirect. */
      actionType: z.literal("REDIRECT"),
      /** The hostname of the redirect: `ORIGINAL` (default), or `ALTERNATE`, which is `redirectHostname`. */
      redirectHostnameType: z
        .enum(["ORIGINAL", "ALTERNATE"], "must be `ORIGINAL` or `ALTERNATE`")
        .default("ORIGINAL"),
      /** The hostname to redirect to. Required with `ALTERNATE`. */
      redirectHostname: filled.optional(),
      /** Whether to redirect to `redirectPath`. Default: false, the path of the request. */
      redirectCustomPath: flag.optional(),
      /** The path to redirect to. Required with `redirectCustomPath`. */
      redirectPath: filled.optional(),
      /** The status code of the redirect: 301 or 302 (default). */
      redirectMethod: z.union([z.literal(301), z.literal(302)], "must be 301 or 302").default(302),
      /** Whether the query string is kept. Default: that of Property Manager. */
      preserveQueryString: flag.optional(),
      /** Whether to redirect to `protocol`. Default: false, the protocol of the request. */
      modifyProtocol: flag.optional(),
      /** `HTTP` or `HTTPS`. Required with `modifyProtocol`. */
      protocol: z.enum(["HTTP", "HTTPS"], "must be `HTTP` or `HTTPS`").optional(),
      ...common,
    }),
    z.strictObject({
      /** What happens: content of another hostname is served. */
      actionType: z.literal("RECREATED_CO"),
      /** The hostname that the content comes from. */
      contentHostname: filled,
      /** Whether the content comes from `contentPath`. Default: false, the path of the request. */
      contentCustomPath: flag.optional(),
      /** The path of the content. Required with `contentCustomPath`. */
      contentPath: filled.optional(),
      ...common,
    }),
    z.strictObject({
      /** What happens: content of NetStorage is served. */
      actionType: z.literal("RECREATED_NS"),
      /** The NetStorage domain, as an object in the format of Property Manager. */
      netStorageHostname: z.record(z.string(), z.unknown(), "must be an object"),
      /** The path of the content in NetStorage. */
      netStoragePath: filled,
      /** The CP code of the content, such as `{ id: 12345 }`. */
      cpCode: z.looseObject({ id: z.int("must be a whole number") }),
      ...common,
    }),
    z.strictObject({
      /** What happens: external content is served. */
      actionType: z.literal("RECREATED_CEX"),
      /** The hostname of the external content. */
      cexHostname: filled,
      /** Whether the content comes from `cexPath`. Default: false, the path of the request. */
      cexCustomPath: flag.optional(),
      /** The path of the external content. Required with `cexCustomPath`. */
      cexPath: filled.optional(),
      ...common,
    }),
    z.strictObject({
      /** What happens: the request continues elsewhere. */
      actionType: z.literal("DYNAMIC"),
      /** How the request continues: `SERVE_301`, `SERVE_302` or `SERVE_ALTERNATE`. */
      dynamicMethod: z.enum(
        ["SERVE_301", "SERVE_302", "SERVE_ALTERNATE"],
        "must be `SERVE_301`, `SERVE_302` or `SERVE_ALTERNATE`",
      ),
      /** Whether the request continues at `dynamicPath`. Default: false, the path of the request. */
      dynamicCustomPath: flag.optional(),
      /** The path to continue at. */
      dynamicPath: filled.optional(),
      /** What the name of the customer comes from: `HOSTNAME`, `PATH`, `QUERY_STRING` or `COOKIE`. */
      saasType: z.enum(
        ["HOSTNAME", "PATH", "QUERY_STRING", "COOKIE"],
        "must be `HOSTNAME`, `PATH`, `QUERY_STRING` or `COOKIE`",
      ),
      /** Whether the name comes from a chain of CNAMEs. Default: that of Property Manager. */
      saasCnameEnabled: flag.optional(),
      /** The level in the chain of CNAMEs, a whole number. Default: that of Property Manager. */
      saasCnameLevel: z.int("must be a whole number").optional(),
      /** The name of the cookie. Required with `COOKIE`. */
      saasCookie: filled.optional(),
      /** The name of the parameter. Required with `QUERY_STRING`. */
      saasQueryString: filled.optional(),
      /** The pattern that finds the name. Default: that of Property Manager. */
      saasRegex: text.optional(),
      /** What replaces the match of `saasRegex`. Default: that of Property Manager. */
      saasReplace: text.optional(),
      /** What is added to the name. Default: none. */
      saasSuffix: text.optional(),
      ...common,
    }),
  ],
  "must have an `actionType`: SERVE_STALE, REDIRECT, RECREATED_CO, RECREATED_CEX, RECREATED_NS or DYNAMIC",
);
export type FailAction = z.output<typeof failAction>;

const noCode = "must be a status code of three digits";
const responseCode = z.union(
  [z.int(noCode).min(100, noCode).max(599, noCode), z.string().regex(/^[1-5]\d\d$/, noCode)],
  noCode,
);

const failover = z.strictObject({
  /** The result of the EdgeWorker that the rule applies to: `FAILURE` (default) or `SUCCESS`. */
  execStatus: z.enum(["FAILURE", "SUCCESS"], "must be `FAILURE` or `SUCCESS`").default("FAILURE"),
  /** The status codes of a failed response, as numbers or text. Default: 500, 503 and 504. */
  responseCodes: z.array(responseCode).default([500, 503, 504]),
  /**
   * Whether a timeout of the origin counts as well. It needs a rule of its own below this one, called `<name> failover on origin timeout`. Default: false.
   * With it, `responseCodes` may be empty.
   */
  originTimeout: flag.optional(),
  /** What happens instead: the options of the behavior `failAction`. */
  failAction,
});

const position = z.union(
  [
    z.literal("first"),
    z.strictObject({
      /** The name of the rule that comes next. */
      before: filled,
    }),
    z.strictObject({
      /** The name of the rule that comes right before. */
      after: filled,
    }),
  ],
  "must be `first`, or { before: … } or { after: … } with the name of a rule beside it",
);

const typedMembers = [
  "hostnames",
  "paths",
  "criteria",
  "criteriaMustSatisfy",
  "edgeWorker",
  "failover",
  "behaviors",
] as const;

/** One rule of the list. */
export const ruleDeclaration = z
  .strictObject({
    /** The name of the rule, unique in the list. At most 1000 characters. */
    name: filled.max(1000, "must have no more than 1000 characters"),
    /** The names of the rules above it, from below the default rule. They may be rules of this list. Default: directly below the default rule. */
    parent: z.array(filled, "must be a list of names, from below the default rule").default([]),
    /** `first`, `{ before: name }` or `{ after: name }` among the rules with the same parent. Default: a new rule comes last, an existing one stays. */
    position: position.optional(),
    /** Whether to adopt an existing rule of this name with the same parent. Default: false. */
    adopt: flag.optional(),
    /** A comment; the ownership marker is added to it. */
    comments: filled.optional(),
    /** The rule applies to these hostnames: the criterion `hostname` with `IS_ONE_OF`. */
    hostnames: list.optional(),
    /** The rule applies to these paths: the criterion `path` with `MATCHES_ONE_OF`. */
    paths: list.optional(),
    /** Further criteria in the format of Property Manager. */
    criteria: z.array(element, "must be a list").optional(),
    /** Whether a request has to meet `all` criteria (default) or `any` of them. */
    criteriaMustSatisfy: z.enum(["all", "any"], "must be `all` or `any`").optional(),
    /** The EdgeWorker that handles the requests. */
    edgeWorker: edgeWorker.optional(),
    /** What happens when the EdgeWorker fails: a rule of its own below this one, called `<name> failover`. */
    failover: failover.optional(),
    /** Further behaviors in the format of Property Manager. */
    behaviors: z.array(element, "must be a list").optional(),
    /**
     * The whole rule in the format of Property Manager, instead of all members from `hostnames` to `behaviors`. Or the path of a JSON file with it, from where
     * the program runs. A text `#include:other.json` in it stands for the content of that file, from the folder of the file that includes it.
     */
    papi: papiRuleWithFiles,
  })
  .superRefine((rule, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    if (/\s\[pulumi [0-9a-f/]+\]\s*$/.test(` ${rule.comments ?? ""}`))
      refuse(["comments"], "must not end with an ownership marker");
    const typed = typedMembers.filter((member) => rule[member] !== undefined);
    if (rule.papi !== undefined) {
      for (const member of typed) refuse([member], "can't be combined with `papi`, which is the whole rule");
      return;
    }
    if (rule.edgeWorker === undefined && (rule.behaviors ?? []).length === 0) {
      refuse([], "has no behavior: it needs `edgeWorker`, `behaviors` or `papi`");
    }
    if (rule.failover !== undefined && rule.edgeWorker === undefined)
      refuse(["failover"], "is for a rule with `edgeWorker`");
    if (rule.failover !== undefined && rule.edgeWorker?.continueOnError === true) {
      refuse(
        ["edgeWorker", "continueOnError"],
        "can't be combined with `failover`: a request that continues has not failed",
      );
    }
    if (rule.failover?.responseCodes.length === 0 && rule.failover.originTimeout !== true)
      refuse(["failover", "responseCodes"], "must not be empty, unless `originTimeout` is true");
    const action = rule.failover?.failAction;
    for (const option of action === undefined ? [] : missing(action)) {
      refuse(["failover", "failAction", option], `is required with these options of ${action?.actionType}`);
    }
  });
export type RuleDeclaration = z.output<typeof ruleDeclaration>;

/** Required options that are missing. */
function missing(action: FailAction): string[] {
  const needed: Record<string, unknown> = {};
  switch (action.actionType) {
    case "REDIRECT":
      if (action.redirectHostnameType === "ALTERNATE") needed.redirectHostname = action.redirectHostname;
      if (action.redirectCustomPath) needed.redirectPath = action.redirectPath;
      if (action.modifyProtocol) needed.protocol = action.protocol;
      break;
    case "RECREATED_CO":
      if (action.contentCustomPath) needed.contentPath = action.contentPath;
      break;
    case "RECREATED_CEX":
      if (action.cexCustomPath) needed.cexPath = action.cexPath;
      break;
    case "DYNAMIC":
      if (action.dynamicCustomPath) needed.dynamicPath = action.dynamicPath;
      if (action.saasType === "COOKIE") needed.saasCookie = action.saasCookie;
      if (action.saasType === "QUERY_STRING") needed.saasQueryString = action.saasQueryString;
      break;
  }
  return Object.keys(needed).filter((option) => needed[option] === undefined);
}
