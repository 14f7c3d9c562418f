/** A report as text for a person. Pure. */
import { printable } from "../../provider/errors";
import type { Finding, Level, Report } from "./finding";

export type Colour = "green" | "yellow" | "red" | "dim" | "bold";
export type Paint = (colour: Colour, text: string) => string;

const marks: Readonly<Record<Level, readonly [mark: string, colour: Colour]>> = {
  ok: ["✓", "green"],
  info: ["·", "dim"],
  warning: ["!", "yellow"],
  problem: ["✗", "red"],
  unknown: ["?", "yellow"],
};

const endings: Readonly<Record<Report["exitCode"], string>> = {
  0: "All well.",
  1: "Something is wrong: see ✗ above.",
  2: "Not everything could be looked at: see ? above.",
};

export function formatReport({ findings, exitCode }: Report, paint: Paint): string {
  const areas = [...new Set(findings.map(({ area }) => area))];
  const sections = areas.map((area) => {
    const lines = findings
      .filter((finding) => finding.area === area)
      .map((finding) => format(finding, paint));
    return `${paint("bold", area)}\n${lines.join("\n")}\n`;
  });
  return `${sections.join("\n")}\n${endings[exitCode]}\n`;
}

function format({ level, message, fix }: Finding, paint: Paint): string {
  const [mark, colour] = marks[level];
  // Names of groups and reasons of refusals come from the account.
  const shown = printable(message);
  const line = `  ${paint(colour, mark)} ${level === "info" ? paint("dim", shown) : shown}`;
  return fix === undefined ? line : `${line}\n    ${paint("bold", "→")} ${printable(fix)}`;
}
