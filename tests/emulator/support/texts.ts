import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** A text that the emulator answers with, where values stand as `…`. */
export interface AnswerText {
  readonly file: string;
  readonly text: string;
}

/** What makes an error, and takes its text. */
const MAKERS =
  /^(\w+Error|invalid|invalidArgument|badRequest|notFound|conflict|forbidden|unauthorized|unprocessable|payloadTooLarge|exception|limitExceeded|notAuthorized|deleteRejected|unreadable|finding|assertCountLimit)$/;
/** Members and variables that hold a text of an error. */
const HOLDERS = /^(error|detail|message|title|[A-Z][A-Z_]+)$/;

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

/** The texts of errors in the source of the APIs: those of more than one word. */
export function answerTexts(folders: readonly string[], files: readonly string[]): AnswerText[] {
  const found = new Map<string, AnswerText>();
  for (const file of [...folders.flatMap(filesBelow), ...files]) {
    const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      const text = textOf(node);
      if (text !== undefined && /\S \S/.test(text) && isOfAnError(node)) found.set(text, { file, text });
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return [...found.values()];
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}

function isOfAnError(node: ts.Node): boolean {
  let { parent } = node;
  while (
    ts.isConditionalExpression(parent) ||
    ts.isBinaryExpression(parent) ||
    ts.isParenthesizedExpression(parent) ||
    ts.isArrayLiteralExpression(parent) ||
    ts.isArrowFunction(parent)
  )
    parent = parent.parent;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent))
    return MAKERS.test(parent.expression.getText());
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent))
    return HOLDERS.test(parent.name.getText());
  return ts.isReturnStatement(parent);
}
