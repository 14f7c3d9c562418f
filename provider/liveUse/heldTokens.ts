/** The access tokens that a bundle holds, in every form that authors, tools and bundlers leave them in. */
import { parse } from "acorn";
import type { BundleFiles } from "../bundle/files";
import { readTokens } from "../bundle/tokens";
import { isTokensFile } from "../bundle/tokensFileName";
import { utf8Text } from "../runtime/encoding";
import { allIn } from "./constants";
import { wholeTexts } from "./joinedTexts";
import type { Unclear } from "./modules";
import { asNode, type Node, nameOf, nodeOf } from "./syntax";

/** An access token in a file. What identifies it is secret: it never goes into a message. */
export interface HeldToken {
  readonly file: string;
  readonly namespace: string;
  readonly name?: string | undefined;
  readonly reference?: string | undefined;
  readonly value?: string | undefined;
}

export interface HeldTokens {
  readonly tokens: readonly HeldToken[];
  /** Everything in the files that looks like a reference or a JWT, with the file that has it. */
  readonly identifiers: ReadonlyMap<string, string>;
  /** Texts of the scripts that may be parts of one, with the file that has each. */
  readonly parts: ReadonlyMap<string, string>;
  /** Files whose tokens can't be determined. */
  readonly unclear: readonly Unclear[];
}

const prefix = "namespace-";
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** A text of a script that an identifier may be made of. */
const part = /^[\w.-]{8,2000}$/;
const jwt = /eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g;

export function tokensHeld(files: BundleFiles): HeldTokens {
  const tokens: HeldToken[] = [];
  const identifiers = new Map<string, string>();
  const parts = new Map<string, string>();
  const unclear: Unclear[] = [];
  for (const [file, content] of files) {
    const text = Buffer.from(content).toString("latin1");
    for (const [found] of [...text.matchAll(uuid), ...text.matchAll(jwt)])
      identifiers.set(identifier(found), file);
    if (isTokensFile(file)) {
      try {
        for (const [namespace, entry] of Object.entries(readTokens(content)))
          tokens.push({ file, namespace, ...entry });
        continue;
      } catch {
        // The message might quote the file.
        unclear.push({ file, reason: "holds access tokens in a form that can't be read" });
      }
    }
    if (!/\.m?js$/.test(file)) continue;
    const program = parsed(content);
    if (program === undefined) continue;
    tokens.push(...tokensInScript(file, program));
    for (const text of textsOf(program)) if (part.test(text)) parts.set(text, file);
    // Put together of several texts.
    for (const whole of wholeTexts(program))
      for (const [found] of [...whole.matchAll(uuid), ...whole.matchAll(jwt)])
        identifiers.set(identifier(found), file);
  }
  return { tokens, identifiers, parts, unclear };
}

/** Characters at both ends of an identifier by which its parts are found. */
const endLength = 8;

/** The file with texts that the identifier begins and ends with: code may put it together of them. */
export function fileOfParts({ parts }: HeldTokens, text: string): string | undefined {
  const wanted = identifier(text);
  if (wanted.length <= 2 * endLength) return undefined;
  const isJwt = wanted.startsWith("eyJ");
  const all = [...parts].map(([one, file]) => [isJwt ? one : one.toLowerCase(), file] as const);
  const ending = all.find(([one]) => one.endsWith(wanted.slice(-endLength)));
  return all.some(([one]) => one.startsWith(wanted.slice(0, endLength))) ? ending?.[1] : undefined;
}

function textsOf(program: Node): string[] {
  return allIn(program).flatMap(({ type, value }) => {
    const text = type === "TemplateElement" ? (value as { cooked?: unknown }).cooked : value;
    return /^(?:Literal|TemplateElement)$/.test(type) && typeof text === "string" ? [text] : [];
  });
}

/** A reference as it is compared: a UUID may be written in capitals. */
export function identifier(text: string): string {
  return text.startsWith("eyJ") ? text : text.toLowerCase();
}

/** Objects in a script that are what a tokens file exports: a bundler puts them beside the code. */
function tokensInScript(file: string, program: Node): HeldToken[] {
  return allIn(program).flatMap((node) => {
    const key = node.type === "Property" ? nameOf(node.key) : undefined;
    const value = asNode(node.value);
    if (key === undefined || value?.type !== "ObjectExpression") return [];
    const { name, reference, value: secret } = textsIn(value);
    const id = reference ?? secret;
    const isToken =
      id !== undefined && (key.startsWith(prefix) || id.search(uuid) === 0 || id.search(jwt) === 0);
    if (!isToken) return [];
    return [
      {
        file,
        namespace: key.startsWith(prefix) ? key.slice(prefix.length) : key,
        name,
        reference,
        value: secret,
      },
    ];
  });
}

function parsed(content: Uint8Array): Node | undefined {
  try {
    return nodeOf(parse(utf8Text(content) ?? "", { ecmaVersion: "latest", sourceType: "module" }));
  } catch {
    return undefined;
  }
}

function textsIn(object: Node): { readonly [member: string]: string | undefined } {
  return Object.fromEntries(
    (object.properties as Node[]).flatMap((property) => {
      const [key, value] = [nameOf(property.key), asNode(property.value)];
      return key !== undefined && value?.type === "Literal" && typeof value.value === "string"
        ? [[key, value.value]]
        : [];
    }),
  );
}
