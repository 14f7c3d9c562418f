/**
 * JSON as its text has it. Numbers keep their digits, and what `JSON.parse` changes or drops silently is
 * refused: a name that comes twice, half of a surrogate pair, a number beyond the range.
 */

/** A number by its digits: `9007199254740993` and `1.10` stay what they are. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Levels of lists and objects: more would exhaust the stack of whoever reads them. */
const maxDepth = 1000;
/** Characters of a path, name or number in a message. */
const maxShown = 60;

/** Why a text can't be taken as JSON. It names the position, and of the text only names and numbers. */
export class JsonTextError extends Error {
  override readonly name = "JsonTextError";
  /**
   * @param isSyntax whether the text is no JSON at all
   * @param path such as `order.items.3`, or empty
   */
  constructor(
    readonly problem: string,
    readonly isSyntax: boolean,
    readonly path: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(problem);
  }

  /** @param source what holds the text, such as a file */
  describe(source: string): string {
    return this.#sentence(source, `line ${this.line}, column ${this.column}`);
  }

  /** @param source what holds the text, where that is one line of something */
  describeInLine(source: string): string {
    return this.#sentence(source, `column ${this.column}`);
  }

  #sentence(source: string, position: string): string {
    if (this.isSyntax) return `${source} is not JSON: ${position}: ${this.problem}`;
    return `${source}, ${position}: ${this.path === "" ? "" : `\`${this.path}\` `}${this.problem}`;
  }
}

/** Throws a `JsonTextError` for a text that is no JSON, or that means something else to most readers. */
export function parseJsonText(text: string): JsonValue {
  return new Parser(text.startsWith("\uFEFF") ? text.slice(1) : text).whole();
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** The one text of a value: no white space, members in the order of their names by UTF-16 code units. */
export function canonicalText(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(",")}}`;
}

/** The text for people: a line for each member, in the order of the source, as `JSON.stringify` indents. */
export function indentedText(value: JsonValue, indent = ""): string {
  if (value instanceof JsonNumber) return value.text;
  const inner = `${indent}  `;
  const wrap = (open: string, parts: readonly string[], close: string) =>
    parts.length === 0
      ? open + close
      : `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
  if (Array.isArray(value))
    return wrap(
      "[",
      value.map((one) => indentedText(one, inner)),
      "]",
    );
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = [...value].map(
    ([name, member]) => `${JSON.stringify(name)}: ${indentedText(member, inner)}`,
  );
  return wrap("{", members, "}");
}

/** The value as plain JavaScript, for schemas: numbers lose the digits that JavaScript does not have. */
export function plainValue(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries([...value].map(([name, member]) => [name, plainValue(member)]));
}

const blanks = /[ \t\n\r]*/y;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const wordPattern = /[A-Za-z]\w*/y;
const words: ReadonlyMap<string, null | boolean> = new Map([
  ["null", null],
  ["true", true],
  ["false", false],
]);

class Parser {
  #at = 0;
  readonly #path: (string | number)[] = [];

  constructor(private readonly text: string) {}

  whole(): JsonValue {
    this.#skipBlanks();
    const value = this.#value();
    this.#skipBlanks();
    if (this.#at < this.text.length) throw this.#syntax("more text follows the value");
    return value;
  }

  #value(): JsonValue {
    switch (this.text[this.#at]) {
      case '"':
        return this.#string();
      case "{":
        return this.#object();
      case "[":
        return this.#list();
      default:
        return this.#match(numberPattern) === undefined ? this.#word() : this.#number();
    }
  }

  #object(): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#open("}", () => {
      const start = this.#at;
      if (this.text[start] !== '"') throw this.#syntax("a name in double quotes is expected");
      const name = this.#string();
      if (members.has(name)) throw this.#refusal(`has the name ${show(name)} twice`, start);
      this.#skipBlanks();
      if (this.text[this.#at] !== ":") throw this.#syntax("a `:` is expected after the name");
      this.#at += 1;
      this.#skipBlanks();
      this.#path.push(name);
      members.set(name, this.#value());
      this.#path.pop();
    });
    return members;
  }

  #list(): JsonValue[] {
    const values: JsonValue[] = [];
    this.#open("]", () => {
      this.#path.push(values.length);
      values.push(this.#value());
      this.#path.pop();
    });
    return values;
  }

  /** What stands between brackets, with commas between its parts. */
  #open(close: string, part: () => void): void {
    if (this.#path.length >= maxDepth) throw this.#refusal("is nested too deep", this.#at, "");
    this.#at += 1;
    this.#skipBlanks();
    if (this.text[this.#at] === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      part();
      this.#skipBlanks();
      const next = this.text[this.#at];
      if (next !== "," && next !== close) throw this.#syntax(`a \`,\` or \`${close}\` is expected`);
      this.#at += 1;
      if (next === close) return;
      this.#skipBlanks();
      if (this.text[this.#at] === close) throw this.#syntax(`no comma is allowed before \`${close}\``);
    }
  }

  #string(): string {
    const start = this.#at;
    let isEscaped = false;
    let end = start + 1;
    for (let code = this.text.charCodeAt(end); code !== 0x22; code = this.text.charCodeAt(end)) {
      if (Number.isNaN(code)) throw this.#syntax("the text in quotes has no end", start);
      if (code < 0x20) throw this.#syntax("a text in quotes has a line break or control character", end);
      isEscaped ||= code === 0x5c;
      end += code === 0x5c ? 2 : 1;
    }
    this.#at = end + 1;
    const value = isEscaped ? this.#unescape(start) : this.text.slice(start + 1, end);
    if (!value.isWellFormed())
      throw this.#refusal("has half of a surrogate pair, which UTF-8 can't hold", start);
    return value;
  }

  #unescape(start: number): string {
    try {
      return String(JSON.parse(this.text.slice(start, this.#at)));
    } catch {
      throw this.#syntax("a text in quotes has an unknown escape after `\\`", start);
    }
  }

  #number(): JsonNumber {
    const text = this.#match(numberPattern) ?? "";
    if (!Number.isFinite(Number(text)))
      throw this.#refusal(`is ${show(text)}, a number beyond the range of JavaScript`, this.#at);
    this.#at += text.length;
    return new JsonNumber(text);
  }

  #word(): null | boolean {
    const word = this.#match(wordPattern);
    const value = words.get(word ?? "");
    if (value === undefined) throw this.#syntax(this.#unexpected(word));
    this.#at += (word ?? "").length;
    return value;
  }

  #unexpected(word: string | undefined): string {
    if (this.#at >= this.text.length) return "the text ends before its value does";
    const next = this.text.slice(this.#at, this.#at + 2);
    if (next === "//" || next === "/*") return "JSON has no comments";
    if (next.startsWith("'")) return "texts need double quotes";
    if (/^[-+.\d]/.test(next)) return "a number is written in a way that JSON does not have";
    if (word !== undefined && /^(NaN|Infinity|undefined|None|True|False|NULL|TRUE|FALSE)$/.test(word))
      return `JSON has no ${word}`;
    return "a value is expected";
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.text)?.[0];
  }

  #skipBlanks(): void {
    this.#at += (this.#match(blanks) ?? "").length;
  }

  #syntax(problem: string, at = this.#at): JsonTextError {
    return this.#error(problem, true, at, "");
  }

  #refusal(problem: string, at: number, path = this.#path.join(".")): JsonTextError {
    return this.#error(problem, false, at, path);
  }

  #error(problem: string, isSyntax: boolean, at: number, path: string): JsonTextError {
    const before = this.text.slice(0, at).split(/\r\n|\n|\r/);
    return new JsonTextError(problem, isSyntax, show(path), before.length, (before.at(-1) ?? "").length + 1);
  }
}

function show(text: string): string {
  const shown = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
  return shown.toWellFormed();
}
