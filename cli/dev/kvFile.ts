import { parse } from "csv-parse/sync";

export interface KvItem {
  readonly namespace: string;
  readonly group: string;
  readonly item: string;
  readonly value: string;
}

const COLUMNS = ["namespace", "group", "item", "value"] as const;
const PATTERNS = { namespace: /^[\w-]{1,32}$/, group: /^[\w-]{1,128}$/, item: /^[\w-]{1,512}$/ } as const;

/** Items from CSV with the columns `item` and `value`, and optionally `namespace` and `group`: `default` without them. */
export function kvItems(text: string, file: string): KvItem[] {
  const rows = parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: false }) as Record<
    string,
    string
  >[];
  const unknown = Object.keys(rows[0] ?? {}).filter((name) => !COLUMNS.some((column) => column === name));
  if (unknown.length > 0)
    throw new Error(`${file} has the column ${unknown[0]}; columns are ${COLUMNS.join(", ")}`);
  return rows.map(({ namespace = "default", group = "default", item = "", value }, at) => {
    const row = { namespace, group, item, value: value ?? "" };
    for (const name of ["namespace", "group", "item"] as const)
      if (!PATTERNS[name].test(row[name]))
        throw new Error(
          `${file}, row ${at + 1}: "${row[name]}" is no name of a${name === "item" ? "n" : ""} ${name}`,
        );
    if (value === undefined) throw new Error(`${file}, row ${at + 1}: there is no value`);
    return row;
  });
}
