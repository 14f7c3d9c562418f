import type { TestEngine } from "../testEngine";
import type { StoredResource } from "./stackState";

interface Options {
  /** What a test's arguments become before they are declared, such as the key of an item beside them. */
  readonly complete?: (args: object) => object;
  /** Whether each operation is a run of its own. */
  readonly newRun?: boolean;
}

/** The operations of one resource, as its handler tests use them. The engine may be another one in each test. */
export function resourceUnderTest(
  engine: () => TestEngine,
  token: string,
  name: string,
  defaults: object = {},
  options: Options = {},
) {
  const { complete = (args) => args, newRun = false } = options;
  const current = () => (newRun ? engine().run() : engine());
  const preview = (args: object = defaults, old?: StoredResource, as = name) =>
    current().preview(token, as, complete(args), old);
  return {
    preview,
    up: (args: object = defaults, old?: StoredResource, as = name) =>
      current().up(token, as, complete(args), old),
    failingUp: (args: object = defaults, old?: StoredResource) =>
      current().failingUp(token, name, complete(args), old),
    /** What the preview refuses, as `property: reason`. */
    refused: async (args: object = defaults, old?: StoredResource, as = name) =>
      (await preview(args, old, as)).failures.map(({ property, reason }) => `${property}: ${reason}`),
    /** The first message to the user with this text in it. */
    notice: (part: string) => engine().messages.find((line) => line.includes(part)),
  };
}

/** The message of a run that fails; empty when it does not. */
export const failure = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "",
    (error: Error) => error.message,
  );
