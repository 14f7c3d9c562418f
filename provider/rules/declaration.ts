/** The shape of a rule in a program: typed for EdgeWorkers, in the format of Property Manager for everything else. */
import { hasUnknown } from "../framework/unknown";
import * as z from "../framework/zod";
import { type FailAction, failAction } from "./failAction";
import { filled, flag } from "./fields";
import { element, papiRuleWithFiles } from "./papiRule";

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

const noCode = "must be a status code of three digits";
const responseCode = z.union(
  [z.int(noCode).min(100, noCode).max(599, noCode), z.string().regex(/^[1-5]\d\d$/, noCode)],
  noCode,
);

const failover = z.strictObject({
  /** The result of the EdgeWorker that the rule applies to: `FAILURE` (default) or `SUCCESS`. */
  execStatus: z.enum(["FAILURE", "SUCCESS"], "must be `FAILURE` or `SUCCESS`").default("FAILURE"),
  /** The status codes of a failed response, 100 to 599, as numbers or text. Default: 500, 503 and 504. */
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
