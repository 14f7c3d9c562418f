/**
 * JSON as its text has it. Numbers keep their digits, and what `JSON.parse` changes or drops silently is
 * refused: a name that comes twice, half of a surrogate pair, a number beyond the range.
 */

import { positionOf } from "../errors/sourcePlace";
import { JsonNumber, type JsonObject, type JsonValue } from "./jsonValue";

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

  /** Without a source: the position, and what is there. */
  describeAlone(): string {
    return `line ${this.line}, column ${this.column}: ${this.#statement()}`;
  }

  #sentence(source: string, position: string): string {
    return `${source}${this.isSyntax ? " is not JSON: " : ", "}${position}: ${this.#statement()}`;
  }

  #statement(): string {
    if (this.isSyntax) return this.problem;
    return `${this.path === "" ? "the text" : `\`${this.path}\``} ${this.problem}`;
  }
}

/** Throws a `JsonTextError` for a text that is no JSON, or that means something else to most readers. */
export function parseJsonText(text: string): JsonValue {
  return new Parser(text.startsWith("\uFEFF") ? text.slice(1) : text).whole();
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
    const { text } = this;
    const start = this.#at;
    let isEscaped = false;
    let end = start + 1;
    for (;;) {
      if (end >= text.length) throw this.#syntax("the text in quotes has no end", start);
      const code = text.charCodeAt(end);
      if (code === 0x22) break;
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
    const { line, column } = positionOf(this.text, at);
    return new JsonTextError(problem, isSyntax, show(path), line, column);
  }
}

function show(text: string): string {
  const shown = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
  return shown.toWellFormed();
}
