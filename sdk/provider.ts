import * as pulumi from "@pulumi/pulumi";

/** Settings of a provider, as the stack config has them under `akamai-edge:`. Those that are left out come from where the stack config's would. */
export interface ProviderArgs {
  /** The host of the API client, such as `akab-….luna.akamaiapis.net`. */
  host?: pulumi.Input<string | undefined>;
  /** The client token of the API client. Secret in the state. */
  clientToken?: pulumi.Input<string | undefined>;
  /** The access token of the API client. Secret in the state. */
  accessToken?: pulumi.Input<string | undefined>;
  /** The client secret of the API client. Secret in the state. */
  clientSecret?: pulumi.Input<string | undefined>;
  /** An .edgerc file with the credentials, instead of the four pieces. */
  edgerc?: pulumi.Input<string | undefined>;
  /** The section of the .edgerc file. Default: `default`. */
  section?: pulumi.Input<string | undefined>;
  /** Works on another account than the API client's own. Secret in the state. */
  accountSwitchKey?: pulumi.Input<string | undefined>;
  /** A file with the PEM text of a certificate authority to trust beside the public ones. */
  caFile?: pulumi.Input<string | undefined>;
  /** Lets a preview read from the API, to report beforehand what `up` would run into. Default: true. */
  previewReads?: pulumi.Input<boolean | undefined>;
  /** Whether live bundles are read before a token or a namespace is deleted, narrowed or replaced in place. Default true. */
  liveUseCheck?: pulumi.Input<boolean | undefined>;
  /** Turns every default of this run into taking things off the networks: for a destroy of a whole site. Default false. */
  takeDown?: pulumi.Input<boolean | undefined>;
  /** How many EdgeKV namespaces the account may have on one network. Default: 20. */
  namespacesPerNetwork?: pulumi.Input<number | undefined>;
  /** How many EdgeKV access tokens the account may have: a preview then counts them. Default: they are not counted. */
  tokensPerAccount?: pulumi.Input<number | undefined>;
  /** Requests in flight at the same time. Default: 8. */
  concurrency?: pulumi.Input<number | undefined>;
  /** A file that gets a line of JSON for each attempt of a request. Default: none. */
  requestLog?: pulumi.Input<string | undefined>;
}

const secrets = ["clientToken", "accessToken", "clientSecret", "accountSwitchKey"] as const;
const secretKeys: ReadonlySet<string> = new Set(secrets);

/**
 * An account, served by the native plugin. A resource that gets one as `provider`, or from its parent, is a native resource: previews know more, messages stand
 * in the resource's row, and one program can use several accounts. Without one, resources are served by Pulumi's dynamic providers, with the settings of the
 * stack config.
 *
 * @example
 * const other = new Provider("other-account", { edgerc: "~/.edgerc", section: "other" });
 * new edgekv.Namespace("catalog", { network: "staging", groupId: 0, retentionInSeconds: 0 }, { provider: other });
 */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs = {}, options: pulumi.ResourceOptions = {}) {
    const inputs = Object.entries(args).map(([key, value]) => {
      const text = asText(value);
      return [key, secretKeys.has(key) ? pulumi.secret(text) : text];
    });
    const additionalSecretOutputs = [
      ...((options as pulumi.CustomResourceOptions).additionalSecretOutputs ?? []),
      ...secrets,
    ];
    super(packageName, name, Object.fromEntries(inputs), {
      ...options,
      additionalSecretOutputs,
    } as pulumi.CustomResourceOptions);
  }
}

export const packageName = "akamai-edge";

/** Settings of a provider are texts in Pulumi's protocol. */
function asText(value: unknown): pulumi.Output<string | undefined> {
  return pulumi
    .output(value as pulumi.Input<string | number | boolean | undefined>)
    .apply((known) => (known === undefined || typeof known === "string" ? known : JSON.stringify(known)));
}

/** The provider that makes a resource a native one: its own, or else the one that its parent has for its children. */
export function nativeProvider(
  type: string,
  { provider, parent }: pulumi.CustomResourceOptions,
): pulumi.ProviderResource | undefined {
  if (provider !== undefined) return packageOf(provider) === packageName ? provider : undefined;
  // Without a parent, the stack is it.
  return (parent ?? pulumi.runtime.getStackResource())?.getProvider(type);
}

/** Pulumi leaves the method out of its types. */
function packageOf(provider: pulumi.ProviderResource): string {
  return (provider as unknown as { getPackage(): string }).getPackage();
}
