/** The program of a worker thread: it runs the code of one EdgeWorker version, one event at a time. */

import type { Context } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { errorText, messageOf } from "./errorText";
import { LinkError, linkBundle } from "./modules";
import {
  type Effects,
  EVENTS,
  type EventName,
  type FromWorker,
  type Measured,
  type ToWorker,
} from "./protocol";
import { createRealm, loadGuest } from "./realm";
import { createBridge, loadCrypto, loadHtmlRewriter, type Messenger } from "./workerBridge";
import { closeConstructors, collectGarbage, heapBytes } from "./workerRealm";

const port = parentPort;
if (port === null) throw new Error("this file runs in a worker thread");
const post = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

let now = Date.now();
const messenger: Messenger = { post, now: () => now, pending: new Map(), nextId: 1 };
const bridge = createBridge(messenger);
const realm: Context = createRealm();
const guest = loadGuest(realm);
guest.restrictGlobals(bridge);
const builtIn = guest.builtInModules(bridge);
let exported: Record<string, unknown> = {};
/** What the realm holds before the first event. Only a collection shows it. */
let baseline = 0;

/** Whether the event has told of a promise that was rejected. */
let hasRejected = false;
// A promise that nobody awaits ends nothing at the edge. But it is why an event may wait for ever.
process.on("unhandledRejection", (reason) => {
  if (hasRejected) return;
  hasRejected = true;
  try {
    post({ type: "rejected", message: messageOf(errorText(reason)) });
  } catch {
    // An error that does not let itself be read.
  }
});

/** Where the watch reads when the event began, in CPU milliseconds of this thread. */
const began = workerData as Float64Array;

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage?.() ?? { user: 0, system: 0 };
  return (user + system) / 1000;
};

function meter(): () => Measured {
  const [cpu, wall, memory] = [cpuMs(), performance.now(), heapBytes()];
  return () => ({
    threadMs: cpuMs(),
    cpuMs: cpuMs() - cpu,
    wallMs: performance.now() - wall,
    memoryBytes: Math.max(0, heapBytes() - memory),
  });
}

async function load(files: Readonly<Record<string, string>>): Promise<void> {
  let measured: () => Measured = () => ({ threadMs: cpuMs(), cpuMs: 0, wallMs: 0, memoryBytes: 0 });
  try {
    const names = (module: string) => Object.values(files).some((text) => text.includes(module));
    if (names("html-rewriter")) await loadHtmlRewriter();
    if (names("crypto")) await loadCrypto();
    const main = await linkBundle(realm, files, builtIn);
    post({ type: "running" });
    measured = meter();
    await main.evaluate();
    exported = main.namespace as Record<string, unknown>;
    const handlers = Object.keys(exported).filter((name) => typeof exported[name] === "function");
    const done = measured();
    collectGarbage();
    baseline = heapBytes();
    post({ type: "loaded", handlers, measured: done });
  } catch (error) {
    const isLink = error instanceof LinkError;
    const message = isLink ? error.message : messageOf(errorText(error));
    post({
      type: "failed",
      status: isLink ? "GenericError" : "ExecutionError",
      message,
      measured: measured(),
    });
  }
}

type EventMessage = Extract<ToWorker, { type: "event" }>;

async function runEvent({ name, request, response, body, memoryBytes }: EventMessage): Promise<void> {
  const measured = meter();
  began[0] = cpuMs();
  hasRejected = false;
  const failed = (error: unknown) =>
    post({
      type: "failed",
      status: "ExecutionError",
      message: messageOf(errorText(error)),
      measured: measured(),
    });
  let outcome: Awaited<ReturnType<typeof guest.runEvent>>;
  try {
    const handler = exported[name] as (given: object) => unknown;
    outcome = await guest.runEvent(
      bridge,
      name as EventName,
      handler,
      JSON.stringify({ request, response }),
      body,
    );
  } catch (error) {
    return failed(error);
  }
  const done = measured();
  if (done.memoryBytes > memoryBytes) {
    // What is left after a collection is kept by the code.
    collectGarbage();
    const kept = heapBytes() - baseline;
    if (kept > memoryBytes) {
      const message = `the code keeps ${kept} bytes, the limit is ${memoryBytes}`;
      return post({ type: "failed", status: "ResourceLimit", message, measured: done });
    }
  }
  post({ type: "done", effects: JSON.parse(outcome.effects) as Effects, measured: done });
  if (outcome.body !== undefined) await sendBody(outcome.body, measured);
}

/** The body of a response provider, as it comes. */
async function sendBody(body: string | ReadableStream, measured: () => Measured): Promise<void> {
  try {
    if (typeof body === "string") {
      if (body !== "") sendChunk(bridge.encode(body));
    } else {
      const reader = body.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) sendChunk(next.value);
    }
    post({ type: "end", measured: measured() });
  } catch (error) {
    post({ type: "end", error: messageOf(errorText(error)), measured: measured() });
  }
}

function sendChunk(chunk: unknown): void {
  if (!ArrayBuffer.isView(chunk) && !(typeof chunk === "object" && chunk !== null && "byteLength" in chunk))
    throw new TypeError("The stream of a response must have bytes: use TextEncoderStream");
  const bytes = ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk as ArrayBuffer);
  post({ type: "chunk", bytes: Uint8Array.from(bytes) });
}

port.on("message", (message: ToWorker) => {
  if (message.type === "subresponse") {
    messenger.pending.get(message.id)?.(message.result);
    messenger.pending.delete(message.id);
    return;
  }
  now = message.now;
  void (message.type === "load" ? load(message.files) : runEvent(message));
});
/** An event of no code. */
const REHEARSAL = JSON.stringify({
  request: {
    ...{ method: "GET", scheme: "https", host: "localhost", path: "/", query: "", headers: {} },
    ...{ clientIp: "127.0.0.1", cpCode: 0, userLocation: null, device: null, variables: {} },
  },
  response: { status: 200, headers: {} },
});

/** The first event of a thread compiles the way through it. That is not the code's CPU time. */
async function rehearse(): Promise<void> {
  const createResponse = builtIn["create-response"]?.createResponse as (body: string) => object;
  for (const name of EVENTS) {
    const measured = meter();
    const outcome = await guest.runEvent(
      bridge,
      name,
      () => (name === "responseProvider" ? createResponse("") : undefined),
      REHEARSAL,
      new Uint8Array(1),
    );
    JSON.parse(outcome.effects);
    measured();
  }
}

closeConstructors();
void rehearse().then(() => post({ type: "started" }));
