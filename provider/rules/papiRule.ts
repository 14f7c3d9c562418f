/** Rules, criteria and behaviors in the format of Property Manager, as a program may set them. */
import { formatProperty, ruleOf } from "../framework/failureTexts";
import { at } from "../framework/parseFields";
import { unknownValue } from "../framework/unknown";
import * as z from "../framework/zod";
import { filled, text } from "./fields";
import { loadRule, needsFiles, RuleFileError } from "./ruleFile";

const elementSchema = z
  .strictObject({
    /** The name of the criterion or behavior, such as `path` or `caching`. */
    name: filled,
    /** Its options. Property Manager fills in missing ones. Default: none. */
    options: z.record(z.string(), z.unknown(), "must be an object").default({}),
    /** Added by Property Manager. It may stay in a rule that was copied from there, and has no effect. */
    uuid: z.unknown().optional(),
    /** Added by Property Manager. It may stay in a rule that was copied from there, and has no effect. */
    templateUuid: z.unknown().optional(),
    /** Added by Property Manager. It may stay in a rule that was copied from there, and has no effect. */
    templateLink: z.unknown().optional(),
    /** Added by Property Manager. It may stay in a rule that was copied from there, and has no effect. */
    locked: z.unknown().optional(),
    /** Added by Property Manager. It may stay in a rule that was copied from there, and has no effect. */
    customOverride: z.unknown().optional(),
  })
  .overwrite(({ name, options }) => ({ name, options }));

type Element = typeof elementSchema;

/** Named, so that the declarations of other files refer to it: the compiler leaves comments out of types that it copies. */
export interface ElementSchema extends Element {}

/** A criterion or a behavior in the format of Property Manager. */
export const element: ElementSchema = elementSchema;

const papiRuleSchema = z.looseObject({
  /** Which requests the rule applies to. */
  criteria: z.array(element).optional(),
  /** What the rule does with them. */
  behaviors: z.array(element).optional(),
  /** Whether a request has to meet `all` criteria or `any` of them. */
  criteriaMustSatisfy: z.enum(["all", "any"], "must be `all` or `any`").optional(),
  /** A comment; the ownership marker is added to it. */
  comments: text.optional(),
  /** The rules below it, each with its `name`. */
  get children() {
    return z.array(papiRuleSchema.extend({ name: filled })).optional();
  },
});
type Rule = typeof papiRuleSchema;

/** Named for the same reason. */
export interface PapiRuleSchema extends Rule {}

/** A whole rule in the format of Property Manager, without its name: that is the `name` of the declaration. */
const papiRule: PapiRuleSchema = papiRuleSchema;
export type PapiRule = z.output<typeof papiRule>;

/** What is wrong in a rule, with its place there. */
function problemOf(rule: unknown, issue: z.core.$ZodIssue): string {
  const isName = issue.code === "unrecognized_keys";
  const path = isName ? [...issue.path, issue.keys[0] ?? ""] : issue.path;
  const isMissing = !isName && at(rule, path) === undefined;
  const sentence = `${isMissing ? "is required: " : ""}${issue.message}`;
  return path.length === 0
    ? `the rule ${sentence}`
    : `${formatProperty(path)}${isName ? ":" : ""} ${sentence}`;
}

/** Reads the files that a rule is in, or that it includes. What is wrong in them is reported with the file. */
export const papiRuleWithFiles = z
  .preprocess((source: string | z.input<typeof papiRule> | undefined, context) => {
    if (!needsFiles(source) || source === unknownValue) return source;
    const refuse = (message: string) => {
      context.issues.push({ code: "custom", message, input: source });
      return z.NEVER;
    };
    try {
      const rule = loadRule(source, process.cwd());
      const [issue] = papiRule.safeParse(rule, { error: ruleOf }).error?.issues ?? [];
      if (issue === undefined) return rule;
      const origin = typeof source === "string" ? source : "the rule with its included files";
      return refuse(`${origin}: ${problemOf(rule, issue)}`);
    } catch (error) {
      if (error instanceof RuleFileError) return refuse(error.message);
      throw error;
    }
  }, papiRule.optional())
  .optional();
