/** Lines of a terminal as an SVG. Text in, text out. */

/** A command, and what it printed. */
export interface Block {
  readonly command: string;
  readonly lines: readonly string[];
}

const size = 12;
const charWidth = 7.22;
const lineHeight = 18;
const margin = 20;
const bar = 30;

/** Colors with a contrast of at least 4.5 on the background. */
const colors = {
  text: "#24292f",
  muted: "#57606a",
  command: "#0550ae",
  create: "#116329",
  update: "#7d4e00",
  replace: "#8250df",
  remove: "#b42318",
};

/** Colors by Pulumi's prefix of a line, the longer prefixes first. */
const prefixes: readonly [pattern: RegExp, color: string][] = [
  [/^\s*(?:\+\+|\+-|--)/, colors.replace],
  [/^\s*~/, colors.update],
  [/^\s*\+/, colors.create],
  [/^\s*-/, colors.remove],
  [/^\s*\S.*: /, colors.text],
];

export function terminal(title: string, blocks: readonly Block[]): string {
  const lines = blocks.flatMap(({ command, lines: printed }, index) => [
    ...(index === 0 ? [] : [{ text: "", color: colors.text, bold: false }]),
    { text: command, color: colors.command, bold: true },
    ...printed.map((text) => ({ text, color: colorOf(text), bold: false })),
  ]);
  const width = Math.ceil(Math.max(...lines.map(({ text }) => text.length)) * charWidth + 2 * margin);
  const height = bar + lines.length * lineHeight + margin;
  const texts = lines.map(
    ({ text, color, bold }, index) =>
      `  <text x="${margin}" y="${bar + (index + 1) * lineHeight}" fill="${color}"${bold ? ' font-weight="bold"' : ""} xml:space="preserve">${escaped(text)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${size}">
  <title>${escaped(title)}</title>
  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#f6f8fa" stroke="#d0d7de"/>
  <circle cx="${margin}" cy="16" r="5" fill="#d0d7de"/><circle cx="${margin + 16}" cy="16" r="5" fill="#d0d7de"/><circle cx="${margin + 32}" cy="16" r="5" fill="#d0d7de"/>
${texts.join("\n")}
</svg>
`;
}

function colorOf(line: string): string {
  return prefixes.find(([pattern]) => pattern.test(line))?.[1] ?? colors.muted;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** What the engine printed, without progress, times and blank lines: the same for the same run. */
export function finished(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/ \(\d+(?:\.\d+)?m?s\)/g, "").trimEnd())
    .filter((line) => line !== "" && !unfinished.test(line));
}

const unfinished =
  /^(?:Previewing|Updating|Duration|View)|^@ |pulumi:pulumi:Stack|\b(?:creating|updating|replacing|deleting)\b/;
