export { parseEdgerc } from "./edgerc";
export { readSettings, type Settings, settingKeys } from "./settings";
export { ConfigError } from "./values";
