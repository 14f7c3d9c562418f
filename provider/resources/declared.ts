/** What the program declares of objects that other resources use: known at preview, without a request. */
import { type RunState, slot } from "../runtime/runState";

type Permissions = Readonly<Record<string, readonly string[]>>;

const permissions = slot(() => new Map<string, Permissions>());
const namespaceGroups = slot(() => new Map<string, number>());
const edgeWorkerGroups = slot(() => new Map<number, number>());

export function declarePermissions(runState: RunState, token: string, allowed: Permissions): void {
  runState.get(permissions).set(token, allowed);
}

export function declaredPermissions(runState: RunState, token: string): Permissions | undefined {
  return runState.get(permissions).get(token);
}

/** Both networks share one access group for a name. */
export function declareNamespaceGroup(runState: RunState, namespace: string, groupId: number): void {
  runState.get(namespaceGroups).set(namespace, groupId);
}

export function groupOfNamespace(runState: RunState, namespace: string): number | undefined {
  return runState.get(namespaceGroups).get(namespace);
}

/** An EdgeWorker of the program that exists. */
export function declareEdgeWorker(runState: RunState, edgeWorkerId: number, groupId: number): void {
  runState.get(edgeWorkerGroups).set(edgeWorkerId, groupId);
}

export function groupOfEdgeWorker(runState: RunState, edgeWorkerId: number): number | undefined {
  return runState.get(edgeWorkerGroups).get(edgeWorkerId);
}

const warnedOfDefault = slot(() => new Set<string>());

export function usesDefaultOnProduction({
  namespace,
  network,
}: {
  readonly namespace?: string | undefined;
  readonly network?: string | undefined;
}): boolean {
  return namespace === "default" && network === "production";
}

/** Akamai's namespace for experiments. */
export function warnOfDefaultNamespace(
  { runState, logger }: { readonly runState: RunState; readonly logger: { warn(text: string): void } },
  what: string,
): void {
  const warned = runState.get(warnedOfDefault);
  if (warned.size > 0) return;
  warned.add(what);
  logger.warn(
    `${what} uses the namespace \`default\` on production. It is meant for experiments: its data expires after six months, and its settings can't be changed. Use a namespace of your own.`,
  );
}
