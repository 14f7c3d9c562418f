import { z } from "zod";
import { listed, nameOf, problemsOf } from "./problems";

/** A fault for the next requests that match it. */
export const Fault = z.strictObject({
  /** Every method when absent. */
  method: z.string().optional(),
  /** Path without query; `*` stands for anything, slashes too, and `:name` for one part between slashes. Every path when absent. */
  path: z.string().optional(),
  /** How many requests it hits. Default 1. */
  times: z.int().positive().optional(),
  /** How many matching requests pass first. Default 0. */
  skip: z.int().min(0).optional(),
  /**
   * `status`: an error instead of the answer. `reset-before`, `reset-after`: the connection is cut before or after the effect.
   * `hang`: no answer ever. `slow`: the answer comes later. `drip`: the effect and the headers at once, then the body byte by byte.
   * `stale`: a write reaches the replicas within `staleSeconds`, and a read asks the replica that is furthest behind.
   */
  kind: z.enum(["status", "reset-before", "reset-after", "hang", "slow", "drip", "stale"]),
  /** Of `status`. Default 503. */
  status: z.int().min(200).max(599).optional(),
  /** Of `status`: text, or anything else as JSON. Default: the gateway's body for the status. */
  body: z.unknown().optional(),
  contentType: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Of `slow`, and of `drip` until the last byte, in milliseconds of the machine's time. Default 1000. */
  delayMs: z.number().min(0).optional(),
  /** Of `stale`, for the objects that the request writes, in seconds of the emulator's time. Default 5. */
  staleSeconds: z.number().min(0).optional(),
  /** `status`, `hang` and `slow` come after the effect instead of before it, or without it. Default false. */
  afterEffect: z.boolean().optional(),
});
export type Fault = z.infer<typeof Fault>;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** What is wrong with one fault or a list of them. A fault that can match no request is wrong, too. */
function faultProblems(given: unknown): string[] {
  if (Array.isArray(given)) return given.flatMap((one, index) => problemsOfFault(one, [index]));
  return problemsOfFault(given, []);
}

function problemsOfFault(given: unknown, at: readonly PropertyKey[]): string[] {
  const problems = problemsOf(Fault, given, at);
  if (problems.length > 0) return problems;
  const { method = "GET", path = "*" } = given as Fault;
  return [
    ...(METHODS.includes(method.toUpperCase())
      ? []
      : [`${nameOf([...at, "method"])} must be one of ${METHODS.join(", ")}, not ${JSON.stringify(method)}`]),
    ...(/^[/*]/.test(path)
      ? []
      : [`${nameOf([...at, "path"])} must begin with "/" or "*", not ${JSON.stringify(path)}`]),
  ];
}

/** Checks one fault or a list of them. The error names each wrong key, and what is allowed. */
export function parseFaults(given: unknown): Fault[] {
  const problems = faultProblems(given);
  if (problems.length > 0) throw new Error(listed("not a fault", problems));
  return z.array(Fault).parse(Array.isArray(given) ? given : [given]);
}

interface Pending {
  fault: Fault;
  skip: number;
  times: number;
  path: RegExp;
}

export class Faults {
  #pending: Pending[] = [];

  add(fault: Fault): void {
    parseFaults(fault);
    const { skip = 0, times = 1, path = "*" } = fault;
    const pattern = path
      .split("*")
      .map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&").replace(/(?<=\/):\w+/g, "[^/]+"))
      .join(".*");
    this.#pending.push({ fault, skip, times, path: new RegExp(`^${pattern}$`) });
  }

  clear(): void {
    this.#pending = [];
  }

  /** The faults that are still to come. */
  list(): Fault[] {
    return this.#pending.map(({ fault, skip, times }) => ({ ...fault, skip, times }));
  }

  /** The fault for a request: the first one that matches and has no requests left to skip. */
  take(method: string, path: string): Fault | undefined {
    for (const pending of this.#pending) {
      const { fault } = pending;
      if ((fault.method ?? method).toUpperCase() !== method || !pending.path.test(path)) continue;
      if (pending.skip > 0) {
        pending.skip -= 1;
        continue;
      }
      pending.times -= 1;
      if (pending.times === 0) this.#pending = this.#pending.filter((other) => other !== pending);
      return fault;
    }
    return undefined;
  }
}
