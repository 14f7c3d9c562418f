import type { RequestSummary } from "../http/handleRequest";
import { printable } from "./printable";

/** Characters of a path. */
const SHOWN = 1000;

/** Puts a colour around a text, or not. */
export type Paint = (colour: "green" | "yellow" | "red" | "dim", text: string) => string;

/** `PUT /edgekv/v1/initialize 201 3 ms`. It holds no query, header or body: those may be secret. */
export function requestLine({ method, path, status, milliseconds }: RequestSummary, paint: Paint): string {
  const colour = status === null || status >= 500 ? "red" : status >= 400 ? "yellow" : "green";
  const outcome = paint(colour, status === null ? "cut" : String(status));
  // Only what a terminal shows as it is.
  const shown = printable(path.slice(0, SHOWN).replace(/[^\x20-\x7e]/g, "?"));
  return `${method.padEnd(6)} ${shown} ${outcome} ${paint("dim", `${Math.round(milliseconds)} ms`)}`;
}
