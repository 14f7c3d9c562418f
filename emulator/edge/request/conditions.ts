import type { Overrides } from "../rules/evaluate";
import type { HeaderLists } from "../runtime/protocol";

/** Where a client is, and what it is: as the code sees it. */
export interface Conditions {
  readonly userLocation: Record<string, unknown> | null;
  readonly device: Record<string, unknown> | null;
  readonly clientIp: string;
  readonly overrides: Overrides;
  /** Without the headers that set all this. */
  readonly headers: HeaderLists;
}

/** What a setting or a header says of a location or a device: members that replace the defaults, or `null` for an account without it. */
export type Given = Readonly<Record<string, unknown>> | null | undefined;

/** The members of a location. From a reserved address every value is "reserved". */
const LOCATION_MEMBERS = [
  "continent",
  "country",
  "region",
  "city",
  "zipCode",
  "dma",
  "timezone",
  "networkType",
  "bandwidth",
  "latitude",
  "longitude",
] as const;
const RESERVED: Record<string, unknown> = {
  ...Object.fromEntries(LOCATION_MEMBERS.map((name) => [name, "reserved"])),
  areaCodes: ["reserved"],
  fips: ["reserved"],
};
const UNSET: Record<string, unknown> = Object.fromEntries(LOCATION_MEMBERS.map((name) => [name, ""]));

/** A device as far as the user agent shows it. */
function deviceOf(userAgent: string): Record<string, unknown> {
  const isTablet = /iPad|Tablet|Android(?!.*Mobi)/i.test(userAgent);
  const isMobile = isTablet || /Mobi|iPhone/i.test(userAgent);
  return {
    brandName: "",
    modelName: "",
    marketingName: "",
    isWireless: isMobile,
    isTablet,
    os: "",
    osVersion: "",
    mobileBrowser: "",
    mobileBrowserVersion: "",
    resolutionWidth: isMobile ? 390 : 800,
    resolutionHeight: isMobile ? 844 : 600,
    physicalScreenHeight: 400,
    physicalScreenWidth: 400,
    hasCookieSupport: true,
    hasAjaxSupport: true,
    hasFlashSupport: false,
    acceptsThirdPartyCookie: true,
    xhtmlSupportLevel: 4,
    isMobile,
  };
}

/** A header with members: JSON, or `country=US; region=CA`. */
function membersIn(name: string, text: string | undefined): Given {
  if (text === undefined) return undefined;
  if (text.trim() === "null") return null;
  if (text.trim().startsWith("{")) {
    try {
      return JSON.parse(text) as Given;
    } catch {
      throw new Error(`${name} is not JSON: ${text}`);
    }
  }
  return Object.fromEntries(
    text.split(/[;,]/).map((pair) => {
      const [key = "", value = ""] = pair.split(/=(.*)/s);
      return [key.trim(), value.trim()];
    }),
  );
}

export const LOCATION_HEADER = "x-emulator-location";
export const DEVICE_HEADER = "x-emulator-device";
export const CLIENT_IP_HEADER = "x-emulator-client-ip";
export const RULE_HEADER = "x-emulator-rule";

/** Reads the headers that set the conditions of a request, over the settings. */
export function conditionsOf(
  headers: HeaderLists,
  clientIp: string,
  settings: { readonly location?: Given; readonly device?: Given },
): Conditions {
  const first = (name: string) => headers[name]?.[0];
  const location = merged(settings.location, membersIn(LOCATION_HEADER, first(LOCATION_HEADER)));
  const device = merged(settings.device, membersIn(DEVICE_HEADER, first(DEVICE_HEADER)));
  return {
    userLocation:
      location === null
        ? null
        : location === undefined
          ? RESERVED
          : { ...UNSET, areaCodes: [], fips: [], ...location },
    device: device === null ? null : { ...deviceOf(first("user-agent") ?? ""), ...device },
    clientIp: first(CLIENT_IP_HEADER) ?? clientIp,
    overrides: new Map((headers[RULE_HEADER] ?? []).map(override)),
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("x-emulator-"))),
  };
}

const merged = (base: Given, over: Given): Given =>
  over === undefined || over === null || base === undefined || base === null
    ? over === undefined
      ? base
      : over
    : { ...base, ...over };

function override(text: string): [string, boolean] {
  const [, path = "", value = ""] = /^(.*)=(true|false)$/.exec(text.trim()) ?? [];
  if (value === "") throw new Error(`${RULE_HEADER} is not RULE=true or RULE=false: ${text}`);
  return [path.trim(), value === "true"];
}
