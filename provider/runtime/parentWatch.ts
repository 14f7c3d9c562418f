/**
 * Ends the provider process when its engine is gone. An engine that is killed leaves the provider running: it would go on changing the account while the next
 * `pulumi up` runs, and undo what that one does.
 *
 * Two signs, because launchers differ. Pulumi's own is a shell that stays between engine and provider and outlives the engine: there only standard input
 * ends, whose other end the engine holds open. A launcher that execs node makes the engine the parent: its id changes at once.
 */
import { Socket } from "node:net";
import { PreconditionError } from "../errors";

/** What the watch needs of the process that it runs in. */
export interface WatchedProcess {
  /** The id of the parent as it is now. */
  parentId(): number;
  /** Calls back when the engine's end of standard input is closed. */
  onInputEnd(act: () => void): void;
  /** Calls back every so many milliseconds, and doesn't keep the process alive for it. */
  every(milliseconds: number, act: () => void): void;
  /** Ends the process at once. */
  exit(): void;
}

const intervalMs = 1000;

/** Returns what to call before each change: it ends the process, and throws, when the engine is gone. */
export function watchParent({ parentId, onInputEnd, every, exit }: WatchedProcess): () => void {
  const parent = parentId();
  let inputEnded = false;
  const exitIfOrphaned = (): boolean => {
    const orphaned = inputEnded || parentId() !== parent;
    if (orphaned) exit();
    return orphaned;
  };
  onInputEnd(() => {
    inputEnded = true;
    exitIfOrphaned();
  });
  every(intervalMs, exitIfOrphaned);
  return () => {
    if (exitIfOrphaned())
      throw new PreconditionError(
        "the Pulumi engine of this run is gone, so nothing more was sent. Run `pulumi cancel`, `pulumi refresh` and `pulumi up`",
      );
  };
}

/** Whether Pulumi's launcher started this process for an engine: programs and tests that load the provider have no engine to lose. */
export function isProviderProcess(argv: readonly string[]): boolean {
  return /[\\/]cmd[\\/]dynamic-provider(?:[\\/]|$)/.test(argv[1] ?? "");
}

export const thisProcess: WatchedProcess = {
  parentId: () => process.ppid,
  onInputEnd: (act) => {
    const { stdin } = process;
    // A terminal, a file or /dev/null is not from the engine: whoever started the provider by hand ends it too.
    if (!(stdin instanceof Socket) || stdin.isTTY) return;
    // An input that can't be read proves nothing about the engine; without a listener it would be a crash.
    stdin.on("error", () => undefined);
    stdin.once("end", act).resume().unref();
  },
  every: (milliseconds, act) => void setInterval(act, milliseconds).unref(),
  exit: () => process.exit(1),
};
