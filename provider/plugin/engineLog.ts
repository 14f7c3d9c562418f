/** Lines in the engine's log: with the URN of a resource they stand in its row, and among its diagnostics. */
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { type EngineModules, lineSender, type SendLine } from "../runtime/engineLog";

/** The modules of this process. The generated types name messages of their own where any will do. */
const modules = { EngineClient, LogRequest, LogSeverity, credentials } as unknown as EngineModules;

export const connectLog = (address: string): SendLine => lineSender(modules, address);
