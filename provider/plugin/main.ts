#!/usr/bin/env node
/** `pulumi-resource-akamai-edge`: the plugin that the engine starts. It prints its port, and serves until the engine ends it. */
import "../nodeVersion";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { openContext } from "../openContext";
import { engineAddress } from "../runtime/engineLog";
import { collectEarly } from "../runtime/memory";
import { version } from "../runtime/packageVersion";
import { thisProcess, watchParent } from "../runtime/parentWatch";
import { connectLog } from "./engineLog";
import { schemaText } from "./schemaText";
import { serviceOf } from "./server";
import { Session } from "./session";

/** Bytes: what the engine accepts too. */
const maxMessageSize = 400 * 1024 * 1024;

function main(): void {
  collectEarly();
  const address = engineAddress(process.argv);
  // A plugin that was started by hand has no engine to lose.
  const assertEngineAlive = address === undefined ? undefined : watchParent(thisProcess);
  const session = new Session(
    (config, logger, signal) => openContext(config, assertEngineAlive, logger, signal),
    (line) => console.error(line),
  );
  if (address !== undefined) session.attach(connectLog(address));
  // The engine ends a plugin by SIGINT too, after each run. One at work ends its waits first; the next SIGINT ends it.
  process.once("SIGINT", () => {
    session.cancel();
    if (!session.isActing) process.kill(process.pid, "SIGINT");
  });
  const server = new Server({
    "grpc.max_receive_message_length": maxMessageSize,
    "grpc.max_send_message_length": maxMessageSize,
  });
  server.addService(ResourceProviderService, serviceOf({ session, connectLog, version, schema: schemaText }));
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    process.stdout.write(`${port}\n`);
  });
}

main();
