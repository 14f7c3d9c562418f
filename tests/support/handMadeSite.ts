import { edgeKvCode, greeterArgs } from "../provider/resources/edgeworkers/support";
import { TestEngine } from "./testEngine";
import { type Declared, Stack } from "./testEngine/orderedStack";

/** An account without a program: a namespace on both networks, a token, an EdgeWorker with one version on both networks. */
export const site: Declared[] = [
  ...["staging", "production"].map((network) => ({
    token: "edgekv:Namespace",
    name: `catalog-${network}`,
    args: () => ({ name: "catalog", network, groupId: 0, retentionInSeconds: 0 }),
  })),
  { token: "edgeworkers:EdgeWorker", name: "greeter", args: () => greeterArgs },
  {
    token: "edgekv:AccessToken",
    name: "reader",
    args: (of) => ({
      name: "catalog-reader",
      allowOnStaging: true,
      allowOnProduction: true,
      namespacePermissions: { catalog: ["r"] },
      restrictToEdgeWorkerIds: [of("greeter").edgeWorkerId],
    }),
  },
  {
    token: "edgeworkers:Version",
    name: "code",
    args: (of) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      bundle: edgeKvCode("hello"),
      tokens: [of("reader").name],
    }),
  },
  ...["staging", "production"].map((network) => ({
    token: "edgeworkers:Activation",
    name: network,
    args: (of: (name: string) => Record<string, unknown>) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      network,
      version: of("code").version,
    }),
  })),
];

/** The state of an emulator whose account has the site. */
export async function stateWithSite(): Promise<Record<string, unknown>> {
  const engine = await TestEngine.start({ lag: "none" });
  try {
    await new Stack(engine).up(site);
    return engine.emulator.state.get() as Record<string, unknown>;
  } finally {
    await engine.close();
  }
}
