/** Where credentials were looked for, and what is wrong with them. Pure. */
import type { TracedSource } from "../../provider/config";
import type { CredentialFacts } from "./facts";
import type { Finding } from "./finding";

const stackConfig = "the stack config";

export function credentialFindings(facts: CredentialFacts): Finding[] {
  const { sources, host, isHostGiven, problem } = facts;
  const read = sources.filter(({ location }) => location !== stackConfig);
  const used = sources.find(({ isUsed }) => isUsed);
  const trail: Finding = {
    area: "Credentials",
    level: "info",
    message: `looked in: ${read.map((source, index) => `${index + 1}. ${describe(source)}`).join("; ")}`,
  };
  if (problem !== undefined) return [failed(facts, used, problem), trail];
  const from = isHostGiven ? " (the host is from --host)" : "";
  const found = `found in ${used?.location}, for ${host}${from}`;
  const shadowed = sources.filter(
    (source) => !source.isUsed && source.missing.length === 0 && source.absent === undefined,
  );
  const rest = shadowed.map(({ location }) => location).join(" and ");
  return [
    { area: "Credentials", level: "ok", message: found },
    ...(rest === ""
      ? []
      : [{ ...trail, message: `not used: ${rest}. ${capital(used?.location)} comes first` }]),
    trail,
  ];
}

const capital = (text = ""): string => text.charAt(0).toUpperCase() + text.slice(1);

function describe({ location, present, missing, absent, isUsed }: TracedSource): string {
  if (absent !== undefined) return `${location}: ${absent}`;
  if (isUsed) return missing.length === 0 ? `${location}: used` : `${location}: ${present.join(", ")} only`;
  return present.length === 0 ? `${location}: no ${missing.join(", ")}` : `${location}: not needed`;
}

function failed(
  { section, sectionsInFile = [], hasNone = false }: CredentialFacts,
  used: TracedSource | undefined,
  problem: string,
): Finding {
  const area = "Credentials";
  const level = "problem";
  const others = sectionsInFile.includes(section) ? [] : sectionsInFile;
  const hint = others.length === 0 ? "" : ` The file has ${others.map((name) => `[${name}]`).join(", ")}.`;
  if (used?.absent !== undefined)
    return {
      area,
      level,
      message: `${used.location}: ${used.absent}`,
      fix: `Name a file and a section that exist: --edgerc FILE --section NAME, or akamai-edge:edgerc and akamai-edge:section in the stack config.${hint}`,
    };
  if (used !== undefined && used.missing.length > 0)
    return {
      area,
      level,
      message: `${used.location} has ${used.present.join(", ") || "nothing"}, and lacks ${used.missing.join(", ")}`,
      fix: "Set all four in the same source. Remove the others, if another source is meant.",
    };
  // Everything else is about one value: its message names the setting.
  if (!hasNone) return { area, level, message: problem };
  return {
    area,
    level,
    message: `no credentials found for the section ${section}`,
    fix: `Download the .edgerc file of an API client to ~/.edgerc, or name it: --edgerc FILE --section NAME. Credentials in a stack config are not read here: pass its akamai-edge:edgerc and akamai-edge:section as these options.${hint}`,
  };
}
