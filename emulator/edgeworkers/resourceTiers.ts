/** What an EdgeWorker of a resource tier may use. The API shows these numbers, and the local edge enforces them. */
export interface HandlerLimits {
  readonly memoryMb: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly subRequests: number;
  readonly parallelSubRequests: number;
  readonly subRequestWallMs: number;
  readonly subResponseMb: number;
}

export interface ResourceTier {
  readonly id: number;
  readonly name: string;
  readonly initialization: { readonly cpuMs: number; readonly wallMs: number };
  /** Of each handler but `responseProvider`. */
  readonly event: HandlerLimits;
  readonly responseProvider: HandlerLimits;
}

const limits = (
  memoryMb: number,
  cpuMs: number,
  wallMs: number,
  subRequests: number,
  parallelSubRequests: number,
  subRequestWallMs: number,
  subResponseMb: number,
): HandlerLimits => ({
  memoryMb,
  cpuMs,
  wallMs,
  subRequests,
  parallelSubRequests,
  subRequestWallMs,
  subResponseMb,
});

export const RESOURCE_TIERS: readonly ResourceTier[] = [
  {
    id: 100,
    name: "Basic Compute",
    initialization: { cpuMs: 60, wallMs: 200 },
    event: limits(1.5, 10, 4000, 2, 2, 4000, 5),
    responseProvider: limits(2, 100, 4000, 50, 5, 4000, 5),
  },
  {
    id: 200,
    name: "Dynamic Compute",
    initialization: { cpuMs: 60, wallMs: 500 },
    event: limits(2.5, 20, 5500, 4, 4, 5500, 5),
    responseProvider: limits(4, 200, 8000, 50, 5, 8000, 5),
  },
  {
    id: 280,
    name: "Enterprise Compute",
    initialization: { cpuMs: 300, wallMs: 500 },
    event: limits(4, 70, 10_000, 10, 10, 10_000, 8),
    responseProvider: limits(6, 300, 10_000, 50, 10, 10_000, 8),
  },
];

/** The limits of a tier. An EdgeWorker of a tier that is not known has those of Dynamic Compute, as one without a tier does. */
export function tierOf(id: number): ResourceTier {
  const tier = RESOURCE_TIERS.find((one) => one.id === id) ?? RESOURCE_TIERS.find((one) => one.id === 200);
  if (tier === undefined) throw new Error("there is a tier 200");
  return tier;
}

const MILLISECOND = "MILLISECOND";

/** The tiers of a fresh account, as the API lists them. Enterprise Compute is sold apart. */
export const offeredTiers = () =>
  RESOURCE_TIERS.filter(({ id }) => id !== 280).map(({ id, name, initialization, event }) => ({
    resourceTierId: id,
    resourceTierName: name,
    edgeWorkerLimits: [
      ["Maximum CPU time during initialization", initialization.cpuMs],
      ["Maximum wall time during initialization", initialization.wallMs],
      ["Maximum CPU time per event handler", event.cpuMs],
      ["Maximum wall time per event handler", event.wallMs],
    ].map(([limitName, limitValue]) => ({
      limitName: String(limitName),
      limitValue: Number(limitValue),
      limitUnit: MILLISECOND,
    })),
  }));
