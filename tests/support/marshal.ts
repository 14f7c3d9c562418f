import { createRequire } from "node:module";

type Values = Readonly<Record<string, unknown>>;

interface StructModule {
  readonly Struct: { fromJavaScript(values: Values): { toJavaScript(): Record<string, unknown> } };
}

/** Pulumi's own copy: what its plugin for dynamic providers sends to the engine is made by it. */
const { Struct } = createRequire(require.resolve("@pulumi/pulumi"))(
  "google-protobuf/google/protobuf/struct_pb",
) as StructModule;

/** Values as the engine receives them; throws `Unexpected struct type.` where Pulumi's plugin does, such as for `undefined`. */
export function marshalled(values: Values): Record<string, unknown> {
  return Struct.fromJavaScript(values).toJavaScript();
}
