export { type CredentialSources, parseHost, type TracedSource, traceCredentials } from "./credentials";
export { parseEdgerc } from "./edgerc";
export {
  type ConfigSources,
  credentialSources,
  readSettings,
  type Settings,
  settingKeys,
} from "./settings";
export { ConfigError, NoCredentialsError } from "./values";
