/** The objects that the benchmark makes: how a program declares one, and the least that the service has to be asked for it. */
import { CustomResource, type CustomResourceOptions } from "@pulumi/pulumi";
import { inputFields } from "../../provider/framework/resource";
import { namespaceSchema } from "../../provider/resources/edgekv/namespace/schema";
import { edgekv } from "../../sdk";
import type { Bare } from "./floor";
import { lag } from "./scale";

const network = "staging";
const folder = `/edgekv/v1/networks/${network}/namespaces`;
const type = "application/json";

/** The POST of a namespace that is there for ever. */
export function createNamespace(namespace: string): Bare {
  const body = JSON.stringify({ namespace, groupId: 0, retentionInSeconds: 0 });
  return { method: "POST", path: folder, type, body };
}

/** A step of the engine with all the resources of a kind. */
export const stepNames = ["created", "no change", "changed", "deleted"] as const;
export type StepName = (typeof stepNames)[number];

/** The least that a step takes: bare requests, one for each object, and what the service documents as a delay after them. */
interface Least {
  readonly request: (index: number) => Bare;
  readonly lag: number;
}

/** One kind of object: how a program declares one, and the bare requests for one. */
export interface Kind {
  readonly name: string;
  /** @param edition another one is a change */
  readonly declare: (index: number, edition: number, options: CustomResourceOptions) => void;
  readonly least: { readonly [Step in StepName]?: Least };
}

/** The text of a provider that does nothing, in the form in which every dynamic provider is kept. */
const idle = `exports.handler = () => ({
  diff: async (_id, olds, news) => ({ changes: olds.edition !== news.edition }),
  create: async (inputs) => ({ id: "bare", outs: inputs }),
  update: async (_id, _olds, news) => ({ outs: news }),
  delete: async () => undefined,
});
`;

/** Makes the state of a bare resource as large as that of a namespace: the engine stores the whole of it after each step. */
const filler = "x".repeat(500);

/**
 * As many properties as a namespace has, without values: Pulumi's library prepares an output for each of them, which takes longer than
 * all else that a program does.
 */
const unset = Object.fromEntries(
  [...inputFields(namespaceSchema), ...Object.keys(namespaceSchema.outputs.shape)].map((field) => [
    field,
    undefined,
  ]),
);

class BareResource extends CustomResource {
  constructor(name: string, edition: number) {
    super("pulumi-nodejs:dynamic/bench:Bare", name, { ...unset, __provider: idle, edition, filler });
  }
}

export const bareResources: Kind = {
  name: "bare dynamic resources",
  declare: (index, edition) => {
    new BareResource(`b-${index}`, edition);
  },
  least: {},
};

/** @param scope keeps the names of one size from those of another, which may be scheduled for deletion still */
export const namespaces = (scope: string, name: string, mode: "immediate" | "scheduled"): Kind => ({
  name: `namespaces ${name}`,
  declare: (index, edition, options) => {
    const args = {
      network,
      groupId: 0,
      retentionInSeconds: edition * 86_400,
      deletion: { mode },
    } as const;
    new edgekv.Namespace(`n-${mode}-${scope}-${index}`, args, options);
  },
  least: {
    created: { request: (index) => createNamespace(`floor-${mode}-${scope}-${index}`), lag: 0 },
    changed: {
      request: (index) => ({
        method: "PUT",
        path: `${folder}/floor-${mode}-${scope}-${index}`,
        type,
        body: JSON.stringify({
          namespace: `floor-${mode}-${scope}-${index}`,
          groupId: 0,
          retentionInSeconds: 86_400,
          geoLocation: "US",
        }),
      }),
      lag,
    },
    deleted: {
      request: (index) => ({
        method: "DELETE",
        path: `${folder}/floor-${mode}-${scope}-${index}${mode === "immediate" ? "?sync=true" : ""}`,
      }),
      lag: 0,
    },
  },
});

export const tokens = (scope: string, name = ""): Kind => ({
  name: `access tokens${name}`,
  declare: (index, edition, options) => {
    const args: edgekv.AccessTokenArgs = {
      allowOnStaging: true,
      namespacePermissions: { bench: ["r"] },
      refreshTriggers: edition,
    };
    new edgekv.AccessToken(`t-${scope}-${index}`, args, options);
  },
  least: {
    created: {
      request: (index) => ({
        method: "POST",
        path: "/edgekv/v1/tokens",
        type,
        body: JSON.stringify({
          name: `floor-${scope}-${index}`,
          allowOnStaging: true,
          allowOnProduction: false,
          namespacePermissions: { bench: ["r"] },
        }),
      }),
      lag,
    },
    changed: {
      request: (index) => ({ method: "POST", path: `/edgekv/v1/tokens/floor-${scope}-${index}/refresh` }),
      lag,
    },
    deleted: {
      request: (index) => ({ method: "DELETE", path: `/edgekv/v1/tokens/floor-${scope}-${index}` }),
      lag: 0,
    },
  },
});
