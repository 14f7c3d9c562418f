/** What keeps other pages of a browser away from the emulator. */
import { isOwnHost } from "../gateway";

/** Nothing but the page's own files, and no other page around it. A token in the address never leaves it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/** Whether a request comes from the emulator's own page, or from no page at all. */
export const isOwnOrigin = (origin: string | undefined, host: string | undefined): boolean =>
  origin === undefined ||
  (host !== undefined && isOwnHost(host) && origin.toLowerCase() === `https://${host.toLowerCase()}`);
