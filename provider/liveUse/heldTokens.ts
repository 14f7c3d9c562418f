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
  /** Files whose tokens can't be told. */
  readonly unclear: readonly Unclear[];
}

const prefix = "namespace-";
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const jwt = /eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g;

export function tokensHeld(files: BundleFiles): HeldTokens {
  const tokens: HeldToken[] = [];
  const identifiers = new Map<string, string>();
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
    // Put together of several texts.
    for (const whole of wholeTexts(program))
      for (const [found] of [...whole.matchAll(uuid), ...whole.matchAll(jwt)])
        identifiers.set(identifier(found), file);
  }
  return { tokens, identifiers, unclear };
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
