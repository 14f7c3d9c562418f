import type { Service } from "../../../emulator/service";
import { createServices } from "../../../emulator/services";
import type { Reply } from "./client";

/** Products of the emulator that no suite asks, and why. */
export const UNASKED: Readonly<Record<string, string>> = {
  "edgekv-data-plane":
    "answers code at the edge under a host name of the edge's own: there it can't be asked with credentials of an API client",
};

export function productsOf(names: readonly string[]): Service[] {
  return createServices().filter(({ name }) => names.includes(name));
}

/** A path with parameters as what paths of requests match. A parameter is one segment. */
export function pathPattern(template: string): RegExp {
  const pattern = template
    .split("/")
    .map((segment) => (/^(:|\{)/.test(segment) ? "[^/]+" : segment.replace(/[.*+?^$(){}|[\]\\]/g, "\\$&")))
    .join("/");
  return new RegExp(`^${pattern}$`);
}

/** The template that a path belongs to: one without a parameter goes before one with, as `latest` before `:propertyVersion`. */
export function templateOf<T extends { readonly path: string }>(
  templates: readonly T[],
  path: string,
): T | undefined {
  const parameters = ({ path: template }: T) =>
    template.split("/").filter((segment) => /^(:|\{)/.test(segment)).length;
  return templates
    .filter((one) => pathPattern(one.path).test(path))
    .toSorted((a, b) => parameters(a) - parameters(b))[0];
}

/** The routes of products that no request was for. */
export function notAsked(of: readonly Service[], replies: readonly Reply[]): string[] {
  const routes = of.flatMap(({ base, routes: own }) =>
    own.map(({ method, path }) => ({ method, path: base + path })),
  );
  const asked = new Set(
    replies.map(({ method, path }) =>
      templateOf(
        routes.filter((route) => route.method === method),
        path,
      ),
    ),
  );
  return routes.filter((route) => !asked.has(route)).map(({ method, path }) => `${method} ${path}`);
}
