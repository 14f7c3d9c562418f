/** The name of a namespace that the program does not name, and where its data comes from. */
import type { Draft } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { slot } from "../../../runtime/runState";
import { isReplacement } from "./dataAtRisk";
import type { NamespaceInputs } from "./schema";

type Identity = Partial<Pick<NamespaceInputs, "name" | "movedFrom">>;

/** By owner. A replacement is checked a second time, as if there were nothing yet. */
const identities = slot(() => new Map<string, Identity>());

/** Owners whose namespace this run replaces, with its data. */
const moving = slot(() => new Set<string>());

/** Whether this run moves data into the namespace: later runs know where it came from too, and move nothing. */
export function isMoving({ runState }: Context, { owner }: Pick<NamespaceInputs, "owner">): boolean {
  return runState.get(moving).has(owner);
}

const maxNameLength = 32;

/** What is computed of the name and the origin: both stay as long as the namespace is the same. */
export function computeIdentity(
  { runState }: Context,
  { known, unknown, oldInputs, logicalName }: Draft<NamespaceInputs>,
): Identity {
  const { owner, name, moveDataOnReplace } = known;
  const remembered = runState.get(identities);
  if (oldInputs.name === undefined) {
    const { movedFrom, name: made } = (owner === undefined ? undefined : remembered.get(owner)) ?? {};
    const own = name ?? (unknown.has("name") ? undefined : (made ?? logicalName));
    return {
      ...(name === undefined && own !== undefined ? { name: own } : {}),
      ...(movedFrom && { movedFrom }),
    };
  }
  const isNamed = name !== undefined || unknown.has("name");
  const wasMoved = oldInputs.movedFrom !== undefined;
  const kept = wasMoved ? oldInputs.name : logicalName;
  const isOther = isReplacement({ ...known, ...(isNamed ? {} : { name: kept }) }, oldInputs);
  const isMove = isOther && moveDataOnReplace === true;
  const identity: Identity = {
    ...(isNamed ? {} : { name: isMove ? nameOfMoved(known, oldInputs, logicalName) : kept }),
    ...(isMove ? { movedFrom: `${oldInputs.network}/${oldInputs.name}` } : {}),
    ...(!isOther && oldInputs.movedFrom !== undefined ? { movedFrom: oldInputs.movedFrom } : {}),
  };
  if (owner !== undefined) {
    remembered.set(owner, identity);
    if (isMove) runState.get(moving).add(owner);
  }
  return identity;
}

/** Such as `catalog-eu`: a name can be used once on a network. */
function nameOfMoved(
  { network, geoLocation, restrictDataAccess }: Partial<NamespaceInputs>,
  old: Partial<NamespaceInputs>,
  logicalName: string,
): string {
  if (network !== old.network) return logicalName;
  const policy =
    restrictDataAccess === old.restrictDataAccess ? [] : [restrictDataAccess ? "restricted" : "open"];
  const end = ["", (geoLocation ?? "us").toLowerCase(), ...policy].join("-");
  return `${logicalName.slice(0, maxNameLength - end.length)}${end}`;
}
