/**
 * The known name that a mistyped one probably means: the fewest changes of single letters, capitals aside, or the only one that begins
 * with it. Undefined where none is near.
 *
 * @example
 * nearest("regoin", ["region", "zone"]); // "region"
 * nearest("retention", ["deletion", "retentionInSeconds"]); // "retentionInSeconds"
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > maxLength) return undefined;
  const ranked = known
    .map((one) => ({ one, distance: editDistance(name.toLowerCase(), one.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  const longer = known.filter((one) => one.toLowerCase().startsWith(name.toLowerCase()));
  if (name.length >= minBeginning && longer.length === 1 && (best?.distance ?? 0) > 1) return longer[0];
  // A third of the letters may differ; beyond that, any name is near.
  return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3))
    ? best.one
    : undefined;
}

/** Letters of a beginning that means a name. */
const minBeginning = 4;

/** Characters. No name of a setting or property is as long. */
const maxLength = 100;

/** Letters to insert, remove or replace; two neighbours that changed places count once. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const cell = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const changes = [cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + (isSame ? 0 : 1)];
      if (isSwapped) changes.push(cell(i - 2, j - 2) + 1);
      row.push(Math.min(...changes));
    }
  }
  return cell(a.length, b.length);
}
