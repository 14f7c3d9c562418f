/**
 * Hides secrets by the values that were sent, however an answer spells them: as they are, escaped as JSON or HTML, encoded for a URL, in
 * base64 or as hexadecimal digits, and in several of these on top of each other. Pure.
 */
import { decodings } from "./decodings";

export type Redact = (text: string) => string;

export const hidden = "[secret]";
/** Characters. A shorter value is in ordinary words too. */
const minLength = 4;
/** Characters of a long value that are enough to recognize it by: an answer may have cut it off. */
const knownBy = 12;
const longLength = 24;
/** Characters of a value that are compared. What follows a value that is longer is hidden up to the end of the text. */
const maxLength = 16_384;

interface Form {
  readonly text: string;
  /** Characters that have to match. */
  readonly needed: number;
  /** Whether the value goes on after it. */
  readonly isCut: boolean;
}

/** Of ASCII letters only, so that places in the text stay what they are. */
const lower = (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Characters of a text whose encodings are taken off. The parts of a longer one are looked at again, each alone. */
const maxEncodedLength = 8192;

/** Hides each of the secrets. The capitals of the text do not count. */
export function redactor(secrets: Iterable<string>): Redact {
  const all = [...secrets];
  let forms: readonly Form[] | undefined;
  return (text) => {
    if (text === "" || all.length === 0) return text;
    forms ??= formsOf(all);
    const shown = hide(text, forms);
    return shown.length > maxEncodedLength ? shown : hideEncoded(shown, beginningsOf(all));
  };
}

/** Characters of a secret that is looked for below encodings: there, shorter ones come by chance. */
const minEncodedLength = 8;

/** What a secret is recognized by. */
function beginningsOf(secrets: readonly string[]): string[] {
  return secrets
    .map((secret) => lower(secret.trim()))
    .filter((secret) => secret.length >= minEncodedLength)
    .map((secret) => (secret.length < longLength ? secret : secret.slice(0, knownBy)));
}

/** Hides what holds a secret once its encodings are taken off: a word, and otherwise the whole text. */
function hideEncoded(text: string, beginnings: readonly string[]): string {
  if (beginnings.length === 0) return text;
  const holds = (part: string) =>
    [...decodings(part)].some((one) => beginnings.some((begin) => lower(one).includes(begin)));
  if (!holds(text)) return text;
  const shown = text.replace(/[^\s"<>]+/g, (word) => (holds(word) ? hidden : word));
  return holds(shown) ? hidden : shown;
}

function formsOf(secrets: Iterable<string>): Form[] {
  const forms = new Map<string, Form>();
  for (const secret of secrets) {
    if (secret.length < minLength) continue;
    const isCut = secret.length > maxLength;
    for (const spelling of spellings(secret.slice(0, maxLength))) {
      const text = lower(spelling);
      const needed = text.length < longLength ? text.length : knownBy;
      forms.set(text, { text, needed, isCut });
    }
  }
  return [...forms.values()];
}

function spellings(secret: string): Set<string> {
  const json = (text: string) => JSON.stringify(text).slice(1, -1);
  const ascii = (text: string) =>
    text.replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const url = encodeURIComponent(secret.toWellFormed());
  const strict = url.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const plain = [secret, secret.trim()].filter((text) => text.length >= minLength);
  return new Set([
    ...plain,
    ...[json(secret), json(secret).replaceAll("/", "\\/"), ascii(json(secret)), json(json(secret))],
    ...[
      url,
      strict,
      strict.replaceAll("%20", "+"),
      encodeURIComponent(url),
      encodeURI(secret.toWellFormed()),
    ],
    ...[html, html.replaceAll('"', "&quot;").replaceAll("'", "&#39;")],
    ...base64Of(Buffer.from(secret)),
    Buffer.from(secret).toString("hex"),
  ]);
}

/** A value in base64, alone and inside of longer text: there it begins at any of three places of a group. */
function base64Of(bytes: Buffer): string[] {
  const inner = [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    return whole.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3));
  });
  return [bytes.toString("base64"), ...inner.filter((text) => text.length >= 6)].flatMap((text) => [
    text,
    text.replaceAll("+", "-").replaceAll("/", "_"),
    encodeURIComponent(text),
  ]);
}

function hide(given: string, forms: readonly Form[]): string {
  const compared = lower(given);
  const found = forms
    .flatMap((form) => placesOf(compared, form))
    .sort((one, other) => one.from - other.from || other.to - one.to);
  const parts: string[] = [];
  let at = 0;
  for (const { from, to } of found) {
    // A place that begins inside of another one, or right after it, belongs to that.
    if (from >= at) parts.push(given.slice(at, from), hidden);
    at = Math.max(at, to);
  }
  return parts.length === 0 ? given : parts.join("") + given.slice(at);
}

interface Place {
  readonly from: number;
  readonly to: number;
}

function placesOf(compared: string, { text, needed, isCut }: Form): Place[] {
  const start = text.slice(0, needed);
  const places: Place[] = [];
  for (let from = compared.indexOf(start); from >= 0; from = compared.indexOf(start, places.at(-1)?.to)) {
    let to = from + needed;
    while (to - from < text.length && compared[to] === text[to - from]) to += 1;
    places.push({ from, to: isCut && to - from === text.length ? compared.length : to });
  }
  return places;
}

/** Values of a body, or lines of a text, that are looked for each on its own. */
const maxValues = 200;
const minValueLength = 8;

/** What to hide of a body that was sent as it is, such as the value of an item: all of it, and its parts. */
export function secretsInBody(body: string): string[] {
  const parts = new Set([body]);
  try {
    collect(JSON.parse(body), parts);
  } catch {
    for (const line of body.slice(0, maxLength).split(/\r?\n/, maxValues))
      if (line.trim().length >= minValueLength) parts.add(line.trim());
  }
  return [...parts];
}

function collect(value: unknown, found: Set<string>): void {
  const left = [value];
  for (let next = left.pop(); next !== undefined && found.size < maxValues; next = left.pop()) {
    if (typeof next === "string" && next.length >= minLength) found.add(next);
    if (typeof next === "number" && String(next).length >= minLength) found.add(String(next));
    if (typeof next === "object" && next !== null) left.push(...Object.values(next));
  }
}
