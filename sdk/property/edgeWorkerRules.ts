import type * as pulumi from "@pulumi/pulumi";
import {
  type EdgeWorkerRulesState,
  type edgeWorkerRulesArgs,
  type edgeWorkerRulesComputed,
  type edgeWorkerRulesOutputs,
  edgeWorkerRulesSchema,
} from "../../provider/resources/property/edgeWorkerRules/schema";
import type { ruleDeclaration } from "../../provider/rules/declaration";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { EdgeWorker } from "../edgeworkers/edgeWorker";
import { mapped, referredValue } from "../references";
import { resourceClass } from "../resource";

type EdgeWorkerSchema = ReturnType<(typeof ruleDeclaration)["shape"]["edgeWorker"]["unwrap"]>;

/** The EdgeWorker of a rule. */
export interface RuleEdgeWorker
  extends Omit<RequiredArgs<EdgeWorkerSchema>, "edgeWorkerId">,
    OptionalArgs<EdgeWorkerSchema> {
  /** The EdgeWorker: its `EdgeWorker`, its id as a number or as text, or its name, which the preview looks up. */
  edgeWorkerId: EdgeWorker | pulumi.Input<number | string>;
}

/** One rule of a list: where it sits, for which requests it is, and what it does. */
export interface Rule
  extends RequiredArgs<typeof ruleDeclaration>,
    Omit<OptionalArgs<typeof ruleDeclaration>, "edgeWorker"> {
  /** The EdgeWorker that handles the requests. Default: none, and the rule has `behaviors`. */
  edgeWorker?: pulumi.Input<RuleEdgeWorker | undefined>;
}

/** What a program sets of `EdgeWorkerRules`. */
export interface EdgeWorkerRulesArgs
  extends Omit<RequiredArgs<typeof edgeWorkerRulesArgs>, "rules">,
    OptionalArgs<typeof edgeWorkerRulesArgs> {
  /**
   * The rules that this resource manages, each with a `name` that is unique in the list. An empty list removes all rules of this resource.
   * Rules that you remove from the list leave the latest version too. If that is locked, or a draft of others, a new version is created from it.
   */
  rules: pulumi.Input<pulumi.Input<Rule>[]>;
}

/** What other resources may use of an `EdgeWorkerRules`. */
export interface EdgeWorkerRulesOutputs
  extends Outputs<typeof edgeWorkerRulesArgs, EdgeWorkerRulesState>,
    Outputs<typeof edgeWorkerRulesComputed, EdgeWorkerRulesState>,
    Outputs<typeof edgeWorkerRulesOutputs, EdgeWorkerRulesState> {}

const Base = resourceClass<EdgeWorkerRulesArgs, EdgeWorkerRulesOutputs>(edgeWorkerRulesSchema);

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
    // A program without types may leave the arguments out: `check` then names what is required.
    super(name, { ...args, rules: mapped(args?.rules, rulesWithIds) } as EdgeWorkerRulesArgs, options);
  }
}

/** What is no list goes on as it is: `check` names the property. */
function rulesWithIds(rules: unknown): unknown {
  return Array.isArray(rules) ? rules.map((rule: unknown) => mapped(rule, ruleWithId)) : rules;
}

function ruleWithId(rule: unknown): unknown {
  return withMember(rule, "edgeWorker", (edgeWorker) =>
    mapped(edgeWorker, (known) =>
      withMember(known, "edgeWorkerId", (id) => referredValue(id, EdgeWorker, (one) => one.edgeWorkerId)),
    ),
  );
}

function withMember(given: unknown, member: string, change: (value: unknown) => unknown): unknown {
  if (typeof given !== "object" || given === null || !(member in given)) return given;
  return { ...given, [member]: change((given as Record<string, unknown>)[member]) };
}
