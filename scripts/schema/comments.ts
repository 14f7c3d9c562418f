/** The comments on the fields of a contract, at any depth: read with the compiler, from the files that the contract is made of. */
import ts from "typescript";
import { commentText } from "../docs/source";

/** Parsed files, and their constants by name. */
export class Sources {
  readonly #constants = new Map<string, ts.Expression>();
  readonly #interfaces = new Map<string, ts.InterfaceDeclaration>();
  readonly #comments = new Map<string, string>();

  /** @param texts the most special file first: its constants count where two files have the name */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const file = ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest, true);
      for (const statement of file.statements) this.#add(statement);
    }
  }

  /** The comments of the fields of a constant, such as `namespaceArgs`. */
  fields(constant: string): Fields | undefined {
    const value = this.#constants.get(constant);
    return value === undefined ? undefined : new Fields([value], this.#constants);
  }

  /** The comment above a constant. */
  above(constant: string): string {
    return this.#comments.get(constant) ?? "";
  }

  /** The comments of the fields of several constants; names without a constant add none. */
  fieldsOfAll(constants: readonly string[]): Fields {
    const values = constants.flatMap((constant) => this.#constants.get(constant) ?? []);
    return new Fields(values, this.#constants);
  }

  /** The comments on the members of an interface, with the text of their types. */
  members(name: string): ReadonlyMap<string, { readonly comment: string; readonly type: string }> {
    const members = this.#interfaces.get(name)?.members.filter(ts.isPropertySignature) ?? [];
    return new Map(
      members.map((one) => [
        one.name.getText(),
        { comment: commentText(one), type: one.type?.getText() ?? "" },
      ]),
    );
  }

  #add(statement: ts.Statement): void {
    if (ts.isInterfaceDeclaration(statement) && !this.#interfaces.has(statement.name.text))
      this.#interfaces.set(statement.name.text, statement);
    if (!ts.isVariableStatement(statement)) return;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || this.#constants.has(name.getText())) continue;
      this.#constants.set(name.getText(), initializer);
      this.#comments.set(name.getText(), commentText(statement));
    }
  }
}

type Member = ts.PropertyAssignment | ts.ShorthandPropertyAssignment;

/** The fields that one or several expressions declare. The options of a choice have fields of one name, each with its comment. */
export class Fields {
  readonly #properties = new Map<string, Member[]>();

  constructor(
    expressions: readonly ts.Node[],
    private readonly constants: ReadonlyMap<string, ts.Expression>,
  ) {
    const seen = new Set<ts.Node>();
    for (const one of expressions) this.#collect(one, seen);
  }

  comment(field: string): string {
    const comments = (this.#properties.get(field) ?? []).map(commentText).filter((text) => text !== "");
    return [...new Set(comments)].join(" ");
  }

  below(field: string): Fields {
    const inner = (this.#properties.get(field) ?? []).map((member) =>
      ts.isPropertyAssignment(member) ? member.initializer : member.name,
    );
    return new Fields(inner, this.constants);
  }

  /** Goes down to the next objects, through calls and constants, and not into those. */
  #collect(node: ts.Node, seen: Set<ts.Node>): void {
    if (seen.has(node)) return;
    seen.add(node);
    if (ts.isObjectLiteralExpression(node)) {
      for (const member of node.properties) {
        if (ts.isSpreadAssignment(member)) this.#collect(member.expression, seen);
        if (!ts.isPropertyAssignment(member) && !ts.isShorthandPropertyAssignment(member)) continue;
        const name = member.name.getText();
        this.#properties.set(name, [...(this.#properties.get(name) ?? []), member]);
      }
    } else if (ts.isIdentifier(node)) {
      const value = this.constants.get(node.text);
      if (value !== undefined) this.#collect(value, seen);
    } else if (ts.isPropertyAccessExpression(node)) {
      // `z.object(…).optional()`, or a field of another constant: `itemGroupRefArgs.network`.
      this.#collect(node.expression, seen);
    } else if (!ts.isFunctionLike(node)) ts.forEachChild(node, (child) => this.#collect(child, seen));
  }
}
