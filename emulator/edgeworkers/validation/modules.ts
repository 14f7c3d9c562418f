import { type Expression, type Pattern, type PrivateIdentifier, type Program, parse } from "acorn";
import { table } from "../../json";

/** The syntax tree of an ES module. Throws a SyntaxError for what is none. */
export const parseModule = (text: string): Program =>
  parse(text, { ecmaVersion: "latest", sourceType: "module" });

/** The specifiers of a module's imports and re-exports. */
export const importsOf = ({ body }: Program): string[] =>
  body.flatMap((node) =>
    (node.type === "ImportDeclaration" ||
      node.type === "ExportNamedDeclaration" ||
      node.type === "ExportAllDeclaration") &&
    node.source
      ? [String(node.source.value)]
      : [],
  );

const nameOf = (node: Pattern | Expression | PrivateIdentifier): string | undefined =>
  node.type === "Identifier" ? node.name : node.type === "Literal" ? String(node.value) : undefined;

/** The value of a variable that a module exports under its name, when it is a literal. */
export function exportedLiteral({ body }: Program, name: string): unknown {
  const declarations = body.flatMap((node) => {
    const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : node;
    return declaration?.type === "VariableDeclaration" ? declaration.declarations : [];
  });
  const isExported = body.some(
    (node) =>
      node.type === "ExportNamedDeclaration" &&
      (node.specifiers.some(({ local, exported }) => nameOf(local) === name && nameOf(exported) === name) ||
        (node.declaration?.type === "VariableDeclaration" &&
          node.declaration.declarations.some(({ id }) => nameOf(id) === name))),
  );
  const init = declarations.find(({ id }) => nameOf(id) === name)?.init;
  return isExported && init ? literal(init) : undefined;
}

/** The value of an expression without anything to compute in it; `undefined` in place of what is no such expression. */
function literal(node: Expression): unknown {
  if (node.type === "Literal") return node.value;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.value.cooked;
  if (node.type === "ArrayExpression")
    return node.elements.map((one) => (one && one.type !== "SpreadElement" ? literal(one) : undefined));
  if (node.type !== "ObjectExpression") return undefined;
  return table(
    node.properties.flatMap((property): [string, unknown][] => {
      if (property.type !== "Property" || property.computed || property.kind !== "init") return [];
      return [[nameOf(property.key) ?? "", literal(property.value)]];
    }),
  );
}
