/** Comments and signatures of the sources, read with the compiler. Text in, text out. */
import ts from "typescript";

/** A comment and its `@example`. */
export interface Comment {
  readonly text: string;
  readonly example: string | undefined;
}

export interface Documented extends Comment {
  readonly name: string;
  /** The declaration without its body. */
  readonly signature: string;
}

function parse(source: string): ts.SourceFile {
  return ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true);
}

/** The comment right above a declaration. */
function commentOf(node: ts.Node): Comment | undefined {
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  if (comment === undefined) return undefined;
  const example = comment.tags?.find(({ tagName }) => tagName.text === "example");
  return {
    text: paragraphs(ts.getTextOfJSDocComment(comment.comment)),
    example: ts.getTextOfJSDocComment(example?.comment),
  };
}

/** The text of that comment, and an empty one where there is none. */
export function commentText(node: ts.Node): string {
  return commentOf(node)?.text ?? "";
}

/** Lines that belong together as one line; the width of a source file is not that of a page. */
function paragraphs(text: string | undefined): string {
  return (text ?? "")
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s*\n(?!\s*(?:-|\d+\.) )\s*/g, " ").trim())
    .join("\n\n");
}

/**
 * The comments on the fields of an object that a constant is made from, by field; fields of `...others` are
 * those of the constant `others`.
 */
export function fieldComments(sources: readonly string[], constant: string): Map<string, string> {
  const found = new Map<string, string>();
  const object = sources.map((source) => objectOf(parse(source), constant)).find((one) => one !== undefined);
  if (object === undefined) throw new Error(`there is no constant ${constant}`);
  for (const member of object.properties) {
    if (ts.isSpreadAssignment(member)) {
      for (const [field, text] of fieldComments(sources, member.expression.getText())) found.set(field, text);
    }
    if (ts.isPropertyAssignment(member)) found.set(member.name.getText(), commentOf(member)?.text ?? "");
  }
  return found;
}

/** The object in `const name = {…}` or `const name = z.object({…})`. */
function objectOf(file: ts.SourceFile, name: string): ts.ObjectLiteralExpression | undefined {
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const declaration = statement.declarationList.declarations.find((one) => one.name.getText() === name);
    const value = declaration?.initializer;
    const object = value !== undefined && ts.isCallExpression(value) ? value.arguments[0] : value;
    if (object !== undefined && ts.isObjectLiteralExpression(object)) return object;
  }
  return undefined;
}

/** A member that the types of the package declare themselves. */
export interface OwnMember {
  readonly type: string;
  /** Its comment, where the member comes from a type that several resources share. */
  readonly shared: string | undefined;
}

/**
 * The members that an exported type declares itself, such as `tokens` of `VersionArgs`, and those of the types of `sources` that it extends.
 * `pulumi.Input<T>` counts as `T`.
 */
export function ownMembers(sources: readonly string[], name: string): Map<string, OwnMember> {
  const found = new Map<string, OwnMember>();
  const declared = sources
    .flatMap((source) => [...parse(source).statements])
    .filter((one) => ts.isTypeAliasDeclaration(one) || ts.isInterfaceDeclaration(one));
  const named = (wanted: string) => declared.find((one) => one.name.text === wanted);
  const visit = (node: ts.Node, isShared: boolean): void => {
    if (ts.isPropertySignature(node) && node.type !== undefined)
      found.set(node.name.getText(), {
        type: plainType(node.type),
        shared: isShared ? commentText(node) : undefined,
      });
    else ts.forEachChild(node, (inner) => visit(inner, isShared));
  };
  const declaration = named(name);
  if (declaration === undefined) return found;
  visit(declaration, false);
  const parents = ts.isInterfaceDeclaration(declaration)
    ? (declaration.heritageClauses ?? []).flatMap(({ types }) => types.map((one) => one.getText()))
    : [];
  for (const parent of parents.map(named)) if (parent !== undefined) visit(parent, true);
  return found;
}

function plainType(node: ts.TypeNode): string {
  if (ts.isUnionTypeNode(node)) {
    // Any other text is taken for the sake of the compiler alone: a preview refuses it.
    const types = node.types.filter(
      (one) => one.kind !== ts.SyntaxKind.UndefinedKeyword && one.getText() !== "(string & {})",
    );
    return types.map(plainType).join(" | ");
  }
  if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node)) return plainType(node.type);
  if (ts.isArrayTypeNode(node))
    return /\|/.test(plainType(node.elementType))
      ? `(${plainType(node.elementType)})[]`
      : `${plainType(node.elementType)}[]`;
  if (ts.isTypeReferenceNode(node)) {
    const [first, second] = node.typeArguments ?? [];
    if (node.typeName.getText() === "pulumi.Input" && first !== undefined) return plainType(first);
    if (node.typeName.getText() === "Record" && second !== undefined)
      return `{ [name]: ${plainType(second)} }`;
    // A type that is made from a schema: the page has a section with its members.
    if (node.getText().includes("typeof ")) return node.typeName.getText().replace(/Args$/, "");
  }
  return node.getText();
}

/** The names that a file exports from others: `export type { … } from "…"`. */
export function reexported(source: string): string[] {
  return parse(source).statements.flatMap((statement) => {
    if (
      !ts.isExportDeclaration(statement) ||
      statement.exportClause === undefined ||
      !ts.isNamedExports(statement.exportClause)
    )
      return [];
    return statement.exportClause.elements.map(({ name }) => name.text);
  });
}

/** The exported classes, functions, interfaces and types of a file, in their order. */
export function exported(source: string): Documented[] {
  const file = parse(source);
  return file.statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement)) return outputForms(file, statement);
    if (!ts.isClassDeclaration(statement) && !ts.isFunctionDeclaration(statement) && !isShape(statement))
      return [];
    if (statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) !== true) return [];
    const end =
      ts.isFunctionDeclaration(statement) && statement.body !== undefined
        ? statement.body.getStart()
        : statement.getEnd();
    const signature = source.slice(statement.getStart(), end).trim();
    const { text = "", example } = commentOf(statement) ?? {};
    return [{ name: statement.name?.text ?? "", signature, text, example }];
  });
}

/** `export const getOutput = outputOf(get)`, with the signature that follows from that of `get`. */
function outputForms(file: ts.SourceFile, statement: ts.VariableStatement): Documented[] {
  return statement.declarationList.declarations.flatMap(({ name, initializer }) => {
    if (initializer === undefined || !ts.isCallExpression(initializer)) return [];
    if (!/^(?:secretOutputOf|outputOf)$/.test(initializer.expression.getText())) return [];
    const plainForm = initializer.arguments[0]?.getText();
    const of = file.statements.filter(ts.isFunctionDeclaration).find((one) => one.name?.text === plainForm);
    if (of === undefined) return [];
    const parameters = of.parameters.map((one) => {
      const type = one.type?.getText() ?? "unknown";
      // Options are Pulumi's own.
      const inputs = `${one.name.getText()}: ${type.startsWith("pulumi.") ? type : `Inputs<${type}>`}`;
      return one.initializer === undefined ? inputs : `${inputs} = ${one.initializer.getText()}`;
    });
    const result = (of.type?.getText() ?? "").replace(/^Promise</, "pulumi.Output<");
    const { text = "", example } = commentOf(statement) ?? {};
    return [
      {
        name: name.getText(),
        signature: `export function ${name.getText()}(${parameters.join(", ")}): ${result}`,
        text,
        example,
      },
    ];
  });
}

function isShape(node: ts.Node): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}
