/** Capabilities of an access group in few words. Pure. */

const edgeKvNouns = { DATA: "items", NAMESPACE: "namespaces", TOKEN: "tokens" } as const;

/** `items: read, write; namespaces: view (staging only)`. */
export function describeEdgeKv(capabilities: readonly string[]): string {
  const own = new Set(capabilities);
  const parts = Object.entries(edgeKvNouns).flatMap(([noun, plural]) => {
    const verbs = (infix: string) =>
      capabilities.flatMap((name) => new RegExp(`^([A-Z]+)_${infix}${noun}$`).exec(name)?.[1] ?? []);
    const all = [...new Set([...verbs(""), ...verbs("STAGING_")])];
    const named = all.map((verb) => {
      const [production, staging] = [own.has(`${verb}_${noun}`), own.has(`${verb}_STAGING_${noun}`)];
      const where = production && staging ? "" : production ? " (production only)" : " (staging only)";
      return `${verb.toLowerCase()}${where}`;
    });
    return named.length === 0 ? [] : [`${plural}: ${named.join(", ")}`];
  });
  const others = capabilities.filter((name) => !/^[A-Z]+_(STAGING_)?(DATA|NAMESPACE|TOKEN)$/.test(name));
  return [...parts, ...others].join(", ") || "nothing";
}

/** `view, edit, view version`. */
export function describeEdgeWorkers(capabilities: readonly string[]): string {
  return capabilities.map((name) => name.toLowerCase().replaceAll("_", " ")).join(", ") || "nothing";
}

/** Whether any of them allows more than to read. */
export function mayChange(capabilities: readonly string[]): boolean {
  return capabilities.some((name) => !/^(?:READ|VIEW)(?:_|$)/.test(name));
}
