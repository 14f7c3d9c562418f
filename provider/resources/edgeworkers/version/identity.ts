/** What a version is called. */

export const newNameHint = 'raise `edgeworker-version` in bundle.json, or set `version: "auto"`';

interface Named {
  readonly version?: string | undefined;
  readonly edgeWorkerId?: number | undefined;
}

export function displayName({ version, edgeWorkerId }: Named): string {
  return `version ${version ?? "(name not known yet)"} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"}`;
}
