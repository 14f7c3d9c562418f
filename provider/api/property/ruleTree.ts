/** The shapes of rule trees. Unknown members stay as they are: rules of others may have any. */
import { z } from "zod";

/** A behavior or a criterion. */
export const Element = z.looseObject({
  name: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
});
export type Element = z.output<typeof Element>;

/** A rule with all rules below it. */
export const Rule = z.looseObject({
  name: z.string(),
  comments: z.string().optional(),
  /** The service gives one to every rule but the default rule. A copy of the version has the same ones. */
  uuid: z.string().optional(),
  criteriaMustSatisfy: z.enum(["all", "any"]).optional(),
  criteria: z.array(Element).optional(),
  behaviors: z.array(Element).optional(),
  get children() {
    return z.array(Rule).optional();
  },
});
export type Rule = z.output<typeof Rule>;
