/** Akamai's class `EdgeKV`, wherever code has it: in a file of its own, under another name, or within what a bundler made. */
import { allIn, type Constants } from "./constants";
import { type Imported, isHelperFile, type Modules, type Unclear } from "./modules";
import { isOfDatabase, ownUse } from "./ownUse";
import { isDeclared, isPlainUse } from "./plainUse";
import { asNode, type Binding, type Node, nameOf, type Script } from "./syntax";

const className = "EdgeKV";

export interface Reference {
  readonly script: Script;
  readonly node: Node;
}

export class Helper {
  readonly #classes = new Map<Node, boolean>();
  readonly #open = new Set<object>();
  /** Where other scripts use what a script exports. */
  readonly #elsewhere = new Map<object, Reference[]>();

  constructor(
    private readonly modules: Modules,
    private readonly constants: Constants,
  ) {
    for (const script of modules.scripts.values()) this.#collectImports(script);
  }

  /** Whether an expression is the class. */
  isClass({ script, node }: Reference): boolean {
    if (node.type === "Identifier") {
      const binding = script.bindings.get(node);
      return binding === undefined ? nameOf(node) === className : this.#isClassBinding(script, binding);
    }
    if (node.type === "MemberExpression") {
      const name = this.constants.memberName({ script, node });
      const target = this.constants.namespace({ script, node: node.object as Node });
      if (target === undefined || name === undefined) return name === className;
      return this.#isImportedClass(this.modules.exported(target, name)) ?? isHelperFile(target.path);
    }
    if (node.type === "ClassExpression" || node.type === "ClassDeclaration")
      return this.isHelperClass(script, node);
    return false;
  }

  /** A class that sends the requests itself. */
  isHelperClass(script: Script, node: Node): boolean {
    const known = this.#classes.get(node);
    if (known !== undefined) return known;
    this.#classes.set(node, false);
    const own = nameOf(node.id) ?? nameOf(script.parents.get(node)?.id);
    const is =
      own === className ||
      isHelperFile(script.path) ||
      allIn(node).some(isOfDatabase) ||
      // A class with the name of the helper's is what it inherits.
      (this.extendsHelper(script, node) && !hasConstructor(node));
    this.#classes.set(node, is);
    return is;
  }

  extendsHelper(script: Script, node: Node): boolean {
    const base = asNode(node.superClass);
    return base !== undefined && this.isClass({ script, node: base });
  }

  /** All uses of a variable or of an exported value in other scripts. */
  elsewhere(what: object): readonly Reference[] {
    return this.#elsewhere.get(what) ?? [];
  }

  /** What reaches the database without the class, or hands the class on. */
  unclear(): Unclear[] {
    return [...this.modules.scripts.values()].flatMap((script) => [
      ...ownUse(this.modules, script, (node) => this.isHelperClass(script, node)),
      ...this.#handedOn(script),
    ]);
  }

  #isClassBinding(script: Script, binding: Binding): boolean {
    if (this.#open.has(binding)) return false;
    this.#open.add(binding);
    try {
      if (binding.kind === "class" && binding.declaration !== undefined)
        return this.isHelperClass(script, binding.declaration);
      if (binding.kind === "import" && binding.declaration !== undefined) {
        const imported = this.#isImportedClass(this.modules.imported(script, binding.declaration));
        return imported ?? this.#isFromHelperFile(script, binding.declaration);
      }
      return (
        binding.values.some((node) => this.isClass({ script, node })) ||
        (binding.isOpen && binding.name === className)
      );
    } finally {
      this.#open.delete(binding);
    }
  }

  #isImportedClass(imported: Imported | undefined): boolean | undefined {
    if (imported === undefined) return undefined;
    if ("namespace" in imported) return false;
    return "value" in imported
      ? this.isClass({ script: imported.script, node: imported.value })
      : this.#isClassBinding(imported.script, imported.binding);
  }

  /** The file may be missing, or export in a way that can't be followed. */
  #isFromHelperFile(script: Script, specifier: Node): boolean {
    const source = asNode(script.parents.get(specifier)?.source)?.value;
    const path = this.modules.pathOf(script.path, source) ?? String(source ?? "");
    const name = specifier.type === "ImportDefaultSpecifier" ? className : nameOf(specifier.imported);
    return name === className || (isHelperFile(path) && specifier.type === "ImportDefaultSpecifier");
  }

  #collectImports(script: Script): void {
    const add = (imported: Imported | undefined, node: Node) => {
      if (imported === undefined || "namespace" in imported) return;
      const key = "value" in imported ? imported.value : imported.binding;
      this.#elsewhere.set(key, [...(this.#elsewhere.get(key) ?? []), { script, node }]);
    };
    for (const binding of script.topLevel.values()) {
      if (binding.kind !== "import" || binding.declaration === undefined) continue;
      const imported = this.modules.imported(script, binding.declaration);
      for (const reference of binding.references) {
        if (imported === undefined || !("namespace" in imported)) {
          add(imported, reference);
          continue;
        }
        const member = script.parents.get(reference);
        const name =
          member?.type === "MemberExpression"
            ? this.constants.memberName({ script, node: member })
            : undefined;
        if (member !== undefined && name !== undefined)
          add(this.modules.exported(imported.script, name), member);
      }
    }
  }

  #handedOn(script: Script): Unclear[] {
    if (isHelperFile(script.path)) return [];
    const isNode = (node: Node) =>
      (node.type === "Identifier" && script.bindings.has(node) && !isDeclared(script, node)) ||
      node.type === "MemberExpression" ||
      node.type === "ClassExpression";
    const found = allIn(script.program).find(
      (node) => isNode(node) && this.isClass({ script, node }) && !isPlainUse(script, node),
    );
    const handed = {
      file: script.path,
      line: found?.loc?.start.line,
      reason: `passes the class ${className} on`,
    };
    return [
      ...(found === undefined ? [] : [handed]),
      ...this.#otherImports(script),
      ...this.#allExports(script),
    ];
  }

  /** All exports of a script as one object, which goes where that can't be followed. The class may be among them. */
  #allExports(script: Script): Unclear[] {
    return [...script.topLevel.values()].flatMap(({ declaration, references }) => {
      const imported =
        declaration?.local === undefined ? undefined : this.modules.imported(script, declaration);
      if (imported === undefined || !("namespace" in imported)) return [];
      if (!this.modules.reaches(imported.script, isHelperFile)) return [];
      const odd = references.find((one) => script.parents.get(one)?.type !== "MemberExpression");
      return odd === undefined
        ? []
        : [
            {
              file: script.path,
              line: odd.loc?.start.line,
              reason: `passes all exports of ${imported.script.path} on`,
            },
          ];
    });
  }

  /** Whatever else comes from the file of the class may send requests too. */
  #otherImports(script: Script): Unclear[] {
    return [...script.topLevel.values()].flatMap((binding) => {
      const { kind, declaration, references } = binding;
      const source =
        kind === "import" && declaration ? asNode(script.parents.get(declaration)?.source)?.value : undefined;
      const path = this.modules.pathOf(script.path, source);
      if (path === undefined || declaration === undefined || !isHelperFile(path)) return [];
      const isObject = declaration.type === "ImportNamespaceSpecifier";
      const odd = references.find((one) => {
        const parent = script.parents.get(one);
        const node = isObject && parent?.type === "MemberExpression" ? parent : one;
        return !this.isClass({ script, node });
      });
      return odd === undefined
        ? []
        : [
            {
              file: script.path,
              line: odd.loc?.start.line,
              reason: `imports more of ${path} than ${className}`,
            },
          ];
    });
  }
}

function hasConstructor(node: Node): boolean {
  const members = (asNode(node.body)?.body ?? []) as Node[];
  return members.some((member) => member.type === "MethodDefinition" && member.kind === "constructor");
}
