/** What the provider can fail with, and how it is reported to the user. */
export * from "./errors";
export { explain } from "./hints";
export * from "./printable";
export { type Redact, redactor } from "./redact";
