/** What a text means once encodings are taken off it, layer by layer: an answer may repeat a value in any of them. Pure. */

/** Layers that are taken off, one below the other. */
const maxLayers = 3;
/** Texts that are made of one at most. */
const maxTexts = 60;

const code = (digits: string, radix: number): string => {
  const point = Number.parseInt(digits, radix);
  return point <= 0x10ffff ? String.fromCodePoint(point) : "";
};
/** A text in UTF-16 has a NUL beside each letter. */
const words = (bytes: Buffer): string => bytes.toString("utf8").replaceAll("\0", "");
const fromHex = (digits: string): string => words(Buffer.from(digits.replace(/[^\da-f]/gi, ""), "hex"));
/** An ordinary word looks like base64 too, and what it decodes to is no text. */
const ifText = (decoded: string, given: string): string =>
  /[^\p{Cc}\ufffd]{8}/u.test(decoded) ? decoded : given;

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** A token may begin before its base64 does. */
const base64At =
  (offset: number) =>
  (text: string): string =>
    text.replace(/[\w+/-]{11,}/g, (token) =>
      ifText(words(Buffer.from(token.slice(offset), "base64")), token),
    );

const decoders: readonly ((text: string) => string)[] = [
  // Addresses, and forms.
  (text) => text.replace(/(?:%[\da-f]{2})+/gi, fromHex),
  (text) => text.replaceAll("+", " "),
  // JSON, and languages.
  (text) =>
    text.replace(/\\(?:u\{([\da-f]{1,6})\}|u([\da-f]{4})|x([\da-f]{2}))/gi, (_all, ...digits) =>
      code(String(digits.slice(0, 3).find((one) => one !== undefined)), 16),
    ),
  (text) => text.replace(/\\(["'\\/])/g, "$1"),
  // HTML and XML.
  (text) =>
    text
      .replace(/&#x([\da-f]{1,6});?/gi, (_all, digits: string) => code(digits, 16))
      .replace(/&#(\d{1,7});?/g, (_all, digits: string) => code(digits, 10))
      .replace(/&(amp|lt|gt|quot|apos);/g, (all, name: string) => named[name] ?? all),
  // Mail.
  (text) => text.replace(/=\r?\n/g, "").replace(/(?:=[\da-f]{2})+/gi, fromHex),
  // Lines of a fixed length.
  (text) => text.replace(/\s+/g, ""),
  // Digits, together or apart.
  (text) =>
    text.replace(/(?:(?:0x|\\x)?[\da-f]{2}[\s:,-]*){8,}/gi, (digits) =>
      ifText(fromHex(digits.replace(/0x/gi, "")), digits),
    ),
  ...[0, 1, 2, 3].map(base64At),
];

/** The text, and what is below its encodings. */
export function decodings(text: string): Set<string> {
  const found = new Set([text]);
  let layer: readonly string[] = [text];
  for (let depth = 0; depth < maxLayers; depth++) {
    const below = new Set<string>();
    for (const one of layer)
      for (const decode of decoders) {
        if (found.size >= maxTexts) return found;
        const decoded = decode(one);
        if (found.has(decoded)) continue;
        found.add(decoded);
        below.add(decoded);
      }
    layer = [...below];
  }
  return found;
}
