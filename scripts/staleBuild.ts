/** Whether `dist` is what the sources make. Pure: files and their times come in. */

export interface BuiltFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  /** When it was last written, in milliseconds. */
  readonly writtenAt: number;
}

export interface BuildFiles {
  /** What goes into `dist`, file by file. */
  readonly sources: readonly BuiltFile[];
  /** What decides how all of it is built, such as `tsconfig.json`. */
  readonly settings: readonly BuiltFile[];
  /** What is in `dist`; declarations and source maps may be left out. */
  readonly outputs: readonly BuiltFile[];
}

export interface StaleBuild {
  /** Why to build again; undefined when the build is up to date. */
  readonly reason: string | undefined;
  /** Outputs without a source: a build leaves them, and a test could still load them. */
  readonly orphans: readonly string[];
}

/** Where a source ends up: compiled, or copied as it is. */
export const outputOf = (source: string): string => `dist/${source.replace(/(?<!\.d)\.ts$/, ".js")}`;

/** A time that is equal counts as newer: a file may change twice within the same tick of the file system's clock. */
export function staleBuild({ sources, settings, outputs }: BuildFiles): StaleBuild {
  const written = new Map(outputs.map(({ path, writtenAt }) => [path, writtenAt]));
  const expected = new Set(sources.map(({ path }) => outputOf(path)));
  const orphans = outputs.map(({ path }) => path).filter((path) => !expected.has(path));
  const oldest = Math.min(...written.values());
  const missing = sources.find(({ path }) => !written.has(outputOf(path)));
  const newer = sources.find(({ path, writtenAt }) => writtenAt >= (written.get(outputOf(path)) ?? 0));
  const changed = settings.find(({ writtenAt }) => writtenAt >= oldest);
  if (missing !== undefined) return { reason: `dist has no ${outputOf(missing.path)}`, orphans };
  if (newer !== undefined) return { reason: `${newer.path} is newer than its build`, orphans };
  if (changed !== undefined) return { reason: `${changed.path} is newer than the build`, orphans };
  if (orphans.length > 0) return { reason: `dist has ${orphans[0]}, which has no source`, orphans };
  return { reason: undefined, orphans };
}
