import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StoredResource, TestEngine } from "../../support/testEngine";
import { makeAll } from "./inputs";

/** An account with one of each resource. The working folder has the files that the declarations of `fuzzInputs` name. */
export interface FilledAccount {
  readonly folder: string;
  readonly engine: TestEngine;
  /** By the token of the resource. */
  readonly made: ReadonlyMap<string, StoredResource>;
  /** Goes back to the working folder from before, too. */
  close(): Promise<void>;
}

type Options = NonNullable<Parameters<typeof TestEngine.start>[0]>;

/** Without limits of rate that the many declarations would meet. */
export async function startFilledAccount(options: Options = {}): Promise<FilledAccount> {
  const home = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-input-"));
  writeFileSync(join(folder, "items.csv"), "key,value\na,1\nb,2\n");
  mkdirSync(join(folder, "items"));
  writeFileSync(join(folder, "items", "a.txt"), "text");
  process.chdir(folder);
  const engine = await TestEngine.start({
    ...options,
    settings: {
      papiRequestsPerMinute: 1_000_000,
      papiRequestBurst: 1_000_000,
      initialized: false,
      ...options.settings,
    },
  });
  return {
    folder,
    engine,
    made: await makeAll(engine),
    async close() {
      await engine.close();
      process.chdir(home);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
