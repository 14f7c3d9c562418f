/** Rule trees of Property Manager as values. What is not known here is kept as it is: other people's rules may hold anything. */
import { z } from "zod";

/** A behavior or a criterion. */
export const Element = z.looseObject({
  name: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
});
export type Element = z.output<typeof Element>;

/** A rule with all below it. */
export const Rule = z.looseObject({
  name: z.string(),
  comments: z.string().optional(),
  /** Given by the service to every rule but the default rule; a rule keeps it when a version is copied. */
  uuid: z.string().optional(),
  criteriaMustSatisfy: z.enum(["all", "any"]).optional(),
  criteria: z.array(Element).optional(),
  behaviors: z.array(Element).optional(),
  get children() {
    return z.array(Rule).optional();
  },
});
export type Rule = z.output<typeof Rule>;
