import { type Program, parse } from "acorn";

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
