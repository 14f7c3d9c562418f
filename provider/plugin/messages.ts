/** The messages of the provider protocol, from and to plain values. */
import {
  CheckFailure as CheckFailureMessage,
  CheckResponse,
  DiffResponse,
  PropertyDiff,
} from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { printable, printablePart } from "../errors";
import type { CheckFailure } from "../framework/resource";
import type { PluginDiff } from "./resources";
import type { Values } from "./values";

/** A message without values has none at all. */
export function valuesOf(struct: Struct | undefined): Values {
  return struct === undefined ? {} : (struct.toJavaScript() as Values);
}

export function structOf(values: Values): Struct {
  return Struct.fromJavaScript(values as Parameters<typeof Struct.fromJavaScript>[0]);
}

export function failureMessages(failures: readonly CheckFailure[]): CheckFailureMessage[] {
  return failures.map(({ property, reason }) => {
    const message = new CheckFailureMessage();
    // A setting has any name that the program gives it.
    message.setProperty(printablePart(property));
    message.setReason(printable(reason));
    return message;
  });
}

export function checkResponse(checked: { inputs: Values; failures: readonly CheckFailure[] }): CheckResponse {
  const response = new CheckResponse();
  response.setInputs(structOf(checked.inputs));
  response.setFailuresList(failureMessages(checked.failures));
  return response;
}

const { Kind } = PropertyDiff;
const kinds = {
  ADD: [Kind.ADD, Kind.ADD_REPLACE],
  DELETE: [Kind.DELETE, Kind.DELETE_REPLACE],
  UPDATE: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;

export function diffResponse({
  changes,
  replaces,
  deleteBeforeReplace,
  stables,
  fields,
}: PluginDiff): DiffResponse {
  const response = new DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  response.setChanges(changes ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList([...replaces]);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setStablesList([...stables]);
  response.setDiffsList(Object.keys(fields));
  for (const [field, { kind, isReplacement }] of Object.entries(fields)) {
    const property = new PropertyDiff();
    property.setKind(kinds[kind][isReplacement ? 1 : 0]);
    // Between the inputs: the engine shows what differs inside of them.
    property.setInputdiff(true);
    response.getDetaileddiffMap().set(field, property);
  }
  response.setHasdetaileddiff(true);
  return response;
}
