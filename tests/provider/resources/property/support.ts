import { liveVersion } from "../../../../emulator/property/activationProgress";
import type { Network } from "../../../../emulator/property/state";
import type { TestEngine } from "../../../support/testEngine";
import { account } from "../edgeworkers/support";

export { account, Stack, unknown } from "../edgeworkers/support";

/** The property of every fresh account: version 2 is live on production, version 3 on staging and the latest. */
export const place = { propertyId: "prp_173136", contractId: "ctr_1-3CV382", groupId: "grp_72297" };

/** What other people do with the property. */
export const somebody = (
  engine: TestEngine,
  method: "GET" | "POST" | "DELETE",
  path: string,
  json?: object,
) => {
  const { propertyId, ...query } = place;
  return engine
    .somebody()
    .send({ method, path: `/papi/v1/properties/${propertyId}${path}`, query, ...(json && { json }) });
};

/** Somebody activates a version, or takes it off. */
export const somebodyActivates = (
  engine: TestEngine,
  propertyVersion: number,
  network: Network = "STAGING",
  activationType = "ACTIVATE",
) =>
  somebody(engine, "POST", "/activations", {
    propertyVersion,
    network,
    activationType,
    notifyEmails: ["web-team@example.com"],
  });

/** A version like the latest one, with one rule more. */
export async function newVersion(engine: TestEngine): Promise<number> {
  const createFromVersion = theProperty(engine).versions.length;
  await somebody(engine, "POST", "/versions", { createFromVersion });
  const state = account(engine);
  const name = `Added in ${createFromVersion + 1}`;
  state.property.properties["173136"]?.versions
    .at(-1)
    ?.rules.children?.push({ name, uuid: name, behaviors: [], criteria: [], children: [] });
  engine.emulator.state.put(state);
  return createFromVersion + 1;
}

export function theProperty(engine: TestEngine) {
  const found = account(engine).property.properties["173136"];
  if (found === undefined) throw new Error("the property is gone");
  return found;
}

/** The version that is live. */
export function live(engine: TestEngine, network: Network = "STAGING"): number | undefined {
  return liveVersion(theProperty(engine), network, account(engine).now);
}

/** What was asked for in this test: the seeded property has five activations. */
export const asked = (engine: TestEngine) => theProperty(engine).activations.slice(5);

/** Changes what was asked for behind everybody's back. */
export function amend(
  engine: TestEngine,
  change: (activation: ReturnType<typeof asked>[number]) => void,
): void {
  const state = account(engine);
  for (const one of state.property.properties["173136"]?.activations.slice(5) ?? []) change(one);
  engine.emulator.state.put(state);
}

/** The body of the last request that asked for an activation. */
export function lastBody(engine: TestEngine): Record<string, unknown> {
  const last = engine.emulator
    .journal()
    .findLast(({ method, path }) => method === "POST" && path.endsWith("/activations"));
  return last?.body as Record<string, unknown>;
}
