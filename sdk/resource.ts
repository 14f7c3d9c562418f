import * as pulumi from "@pulumi/pulumi";
import { closure } from "../provider/framework/closure";
import { inputFields, secretFields, withContent } from "../provider/framework/resource";
import { assertLoadable } from "./installation";
import { assertPlainInputs } from "./plainInputs";
import { nativeProvider, packageName } from "./provider";
import { warnOfUnknownSettings } from "./settings";

export { closure };

type Contract = Parameters<typeof inputFields>[0] &
  Parameters<typeof secretFields>[0] & {
    readonly token: string;
    readonly content?: Readonly<Record<string, readonly string[]>>;
  };

/** A class that `resourceClass` made, or one that extends it. */
interface ClassOf<Instance> {
  readonly prototype: Instance;
}

export interface ResourceClass<Args, Outputs> {
  /**
   * @param name the name of the resource in the program
   * @param args what is wanted
   * @param options Pulumi's own options, such as `dependsOn` and `protect`
   */
  new (
    name: string,
    args: Args,
    options?: pulumi.CustomResourceOptions,
  ): pulumi.CustomResource & Omit<Outputs, "owner">;

  /**
   * An object of the account that this program reads and does not manage. It fails when there is none.
   *
   * @param name the name of the resource in the program
   * @param id the id of the object, as `pulumi stack` shows it for a resource that manages one
   * @param state the inputs that name the object, such as `name` and `network` of a namespace: it is read by them
   * @param options Pulumi's own options
   */
  get<Instance>(
    this: ClassOf<Instance>,
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: Partial<Args>,
    options?: pulumi.CustomResourceOptions,
  ): Instance;

  /** Whether a value is a resource of this class, also of another copy of the package. */
  isInstance<Instance>(this: ClassOf<Instance>, value: unknown): value is Instance;
}

/** The same for every copy of the package in one program. */
const readOnly = Symbol.for("pulumi-akamai-edge.readOnly");

/** Whether the program only reads the object (`get`): Pulumi never deletes it. */
export function isReadOnly(resource: pulumi.Resource): boolean {
  return (resource as { readonly [readOnly]?: unknown })[readOnly] === true;
}

/** The class of a resource, from its contract. */
export function resourceClass<Args extends object, Outputs extends object>(
  contract: Contract,
): ResourceClass<Args, Outputs> {
  const fields = [...inputFields(contract), ...Object.keys(contract.outputs.shape)].filter(
    (field) => field !== "owner",
  );
  const unset = Object.fromEntries(fields.map((field) => [field, undefined]));
  const secrets = secretFields(contract);
  const type = `pulumi-nodejs:dynamic/${contract.token}`;
  const nativeType = `${packageName}:${contract.token}`;

  class EdgeResource extends pulumi.CustomResource {
    constructor(name: string, args: object, options: pulumi.CustomResourceOptions = {}) {
      warnOfUnknownSettings();
      const provider = nativeProvider(nativeType, options);
      // The plugin is not found as a package.
      if (provider === undefined) assertLoadable();
      assertPlainInputs(`${contract.token.replace(":", ".")} ${JSON.stringify(name)}`, args);
      const owner = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
      // The plugin takes the owner from the URN. It is not the program's to set, in both cases.
      const own =
        provider === undefined
          ? { owner, __provider: closure(contract.token) }
          : { owner: undefined, __provider: undefined };
      super(
        provider === undefined ? type : nativeType,
        name,
        { ...unset, ...args, ...own },
        {
          ...options,
          ...(provider && { provider }),
          // A stack moves from one to the other: each is an alias of the other.
          aliases: [...(options.aliases ?? []), { type: provider === undefined ? nativeType : type }],
          additionalSecretOutputs: [...(options.additionalSecretOutputs ?? []), ...secrets],
          ...(options.ignoreChanges && {
            ignoreChanges: withContent(options.ignoreChanges, contract.content),
          }),
        },
      );
      Object.defineProperty(this, readOnly, { value: options.id !== undefined });
    }

    static get(
      name: string,
      id: pulumi.Input<pulumi.ID>,
      state: object = {},
      options: pulumi.CustomResourceOptions = {},
    ): unknown {
      // Without the constructor of the class, which is for arguments of a program.
      // biome-ignore lint/complexity/noThisInStatic: the class that `get` is called on is the one to make.
      return Reflect.construct(EdgeResource, [name, state, { ...options, id }], this);
    }

    static override isInstance(value: unknown): value is pulumi.CustomResource {
      return pulumi.CustomResource.isInstance(value) && [type, nativeType].includes(String(typeOf(value)));
    }
  }
  return EdgeResource as unknown as ResourceClass<Args, Outputs>;
}

/** The type that Pulumi keeps with every resource. */
function typeOf(resource: pulumi.Resource): unknown {
  return (resource as { readonly __pulumiType?: unknown }).__pulumiType;
}
