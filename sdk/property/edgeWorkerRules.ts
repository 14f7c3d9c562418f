import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import {
  type EdgeWorkerRulesState,
  type edgeWorkerRulesArgs,
  edgeWorkerRulesSchema,
} from "../../provider/resources/property/edgeWorkerRules/schema";
import type { ruleDeclaration } from "../../provider/rules/declaration";
import { type Args, resourceClass } from "../resource";

type Contract = z.input<typeof edgeWorkerRulesArgs>;

/** One rule of a list: where it sits, for which requests it is, and what it does. */
export type Rule = Args<z.input<typeof ruleDeclaration>>;

export type EdgeWorkerRulesArgs = Omit<Args<Contract>, "rules"> & {
  rules: pulumi.Input<pulumi.Input<Rule>[]>;
};

const Base = resourceClass<Contract, EdgeWorkerRulesState>(edgeWorkerRulesSchema);

/**
 * Rules in a property that other people edit too, such as the one that sends requests to an EdgeWorker. It owns these rules and no others: what it last wrote,
 * what is there and what is wanted are merged, and the rest of the tree stays as it is. The result is in a property version, for an `Activation` to activate.
 *
 * @example
 * const rules = new property.EdgeWorkerRules("greeter", {
 *   propertyName: "www.example.com",
 *   rules: [
 *     {
 *       name: "Greeter",
 *       parent: ["Sites", "Shop"],
 *       paths: ["/hello/*"],
 *       edgeWorker: { edgeWorkerId: greeter.edgeWorkerId },
 *       failover: { failAction: { actionType: "REDIRECT", redirectCustomPath: true, redirectPath: "/sorry" } },
 *     },
 *   ],
 * });
 */
export class EdgeWorkerRules extends Base {
  constructor(name: string, args: EdgeWorkerRulesArgs, options?: pulumi.CustomResourceOptions) {
    super(name, args, options);
  }
}
