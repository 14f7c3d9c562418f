/** The settings of the provider, which are the ones of the stack config. They are checked when the engine asks for it: before anything else. */
import { settingKeys } from "../config";
import { nearest } from "../errors/nearest";
import type { CheckFailure } from "../framework/resource";
import { type Path, unmarked, type Values, withSecrets } from "./values";

const secretSettings: readonly string[] = ["clientToken", "accessToken", "clientSecret", "accountSwitchKey"];
/** What the engine adds to the settings of any provider. */
const ofEngine: readonly string[] = ["version", "pluginDownloadURL", "pluginChecksums"];

function isOfEngine(key: string): boolean {
  return key.startsWith("__") || ofEngine.includes(key);
}

/** The settings with credentials marked as secret, also where the program or the stack config has them in clear. */
export function checkSettings(news: Values): { inputs: Values; failures: CheckFailure[] } {
  const known: readonly string[] = settingKeys;
  const { values, secrets } = unmarked(news);
  const failures = Object.keys(values)
    .filter((key) => !known.includes(key) && !isOfEngine(key))
    .map((property) => {
      const meant = nearest(property, known);
      const hint = meant === undefined ? `there are ${known.join(", ")}` : `did you mean \`${meant}\`?`;
      return { property, reason: `there is no setting \`${property}\` of the provider; ${hint}` };
    });
  const isHidden = (key: string) => secretSettings.includes(key) && values[key] !== undefined;
  const hidden: Path[] = secretSettings.filter(isHidden).map((key) => [key]);
  return { inputs: withSecrets(values, [...secrets, ...hidden]), failures };
}

/** The settings as the configuration reads them: text, whatever the program set. */
export function settingsOf(args: Values): (key: string) => string | undefined {
  const { values } = unmarked(args);
  return (key) => {
    const value = values[key];
    if (value === undefined || value === null) return undefined;
    return typeof value === "string" ? value : JSON.stringify(value);
  };
}

/** The settings that differ. None of them makes another account of a resource: nothing is replaced for them. */
export function changedSettings(olds: Values, news: Values): string[] {
  const [before, after] = [settingsOf(olds), settingsOf(news)];
  return settingKeys.filter((key) => before(key) !== after(key));
}
