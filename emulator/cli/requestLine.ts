import type { RequestSummary } from "../http/handleRequest";

/** Puts a colour around a text, or not. */
export type Paint = (colour: "green" | "yellow" | "red" | "dim", text: string) => string;

/** `PUT /edgekv/v1/initialize 201 3 ms`. It holds no query, header or body: those may be secret. */
export function requestLine({ method, path, status, milliseconds }: RequestSummary, paint: Paint): string {
  const colour = status === null || status >= 500 ? "red" : status >= 400 ? "yellow" : "green";
  const outcome = paint(colour, status === null ? "cut" : String(status));
  // Only what a terminal shows as it is.
  const printable = path.replace(/[^\x20-\x7e]/g, "?");
  return `${method.padEnd(6)} ${printable} ${outcome} ${paint("dim", `${Math.round(milliseconds)} ms`)}`;
}
