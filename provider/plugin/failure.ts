/** An error as the engine takes it over the provider protocol: its message, and the state of what is in place although the operation failed. */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Values } from "./values";

/** What is in place: the engine saves it, and reports why the resource is not as it should be. */
export interface Partial {
  readonly id: string;
  readonly properties: Values;
  readonly inputs: Values;
}

/** @param partial secrets marked */
export function failure(
  message: string,
  partial?: Partial,
): Pick<ServiceError, "code" | "details" | "metadata"> {
  const metadata = new Metadata();
  if (partial !== undefined) {
    const detail = new ErrorResourceInitFailed();
    detail.setId(partial.id);
    detail.setProperties(Struct.fromJavaScript(partial.properties as never));
    detail.setInputs(Struct.fromJavaScript(partial.inputs as never));
    detail.setReasonsList([message]);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const details = new Status();
    details.setCode(status.UNKNOWN);
    details.setMessage(message);
    details.addDetails(packed);
    // The place where gRPC carries structured errors.
    metadata.add("grpc-status-details-bin", Buffer.from(details.serializeBinary()));
  }
  return { code: status.UNKNOWN, details: message, metadata };
}
