import type { Emulator } from "../../emulator";

/** EdgeWorkers that somebody made long ago, with ids that a test chooses. */
export function addEdgeWorkers(emulator: Emulator, ...ids: readonly number[]): void {
  const state = emulator.state.get() as { readonly edgeworkers: { readonly ids: object } };
  const made = ids.map((edgeWorkerId) => {
    const by = { createdBy: "somebody", createdAt: 0, lastModifiedBy: "somebody", lastModifiedAt: 0 };
    const value = {
      edgeWorkerId,
      name: `theirs-${edgeWorkerId}`,
      groupId: 72297,
      resourceTierId: 200,
      ...by,
    };
    return [edgeWorkerId, [{ at: 0, lag: 0, value }]];
  });
  emulator.state.put({
    ...state,
    edgeworkers: { ...state.edgeworkers, ids: { ...state.edgeworkers.ids, ...Object.fromEntries(made) } },
  });
}
