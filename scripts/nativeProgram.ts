import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { Provider, type ProviderArgs } from "../sdk";

/** The program with all its resources served by the native plugin: the stack has a Provider for them, with the settings of the stack config. */
export function natively(program: PulumiFn): PulumiFn {
  return async () => {
    useProvider(accountProvider());
    return program();
  };
}

/** A Provider with the settings of the stack config. */
export const accountProvider = () => new Provider("account", settings());

/** The settings of the stack config. A Provider does not read them by itself. */
function settings(): ProviderArgs {
  const prefix = "akamai-edge:";
  const all = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(all.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** A provider for all resources of the program, as a component has one for its children. */
function useProvider(provider: pulumi.ProviderResource): void {
  const stack = pulumi.runtime.getStackResource() as unknown as { __providers: Record<string, unknown> };
  stack.__providers = { ...stack.__providers, "akamai-edge": provider };
}
