import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { PAGE_HEADERS } from "./browser";

const FILES: Readonly<Record<string, readonly [file: string, contentType: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/page.mjs": ["page.mjs", "text/javascript; charset=utf-8"],
  "/sections.mjs": ["sections.mjs", "text/javascript; charset=utf-8"],
  "/dom.mjs": ["dom.mjs", "text/javascript; charset=utf-8"],
};

/** The files of the page. They hold nothing of the account, so they need no token. The gateway refuses other names than localhost. */
export function addPageRoutes(app: FastifyInstance, base: string): void {
  for (const [path, [file, contentType]] of Object.entries(FILES))
    app.route({
      method: "GET",
      url: base + path,
      config: { isSigned: false },
      handler: (_request, reply) =>
        reply
          .headers(PAGE_HEADERS)
          .type(contentType)
          .send(readFileSync(join(__dirname, "static", file))),
    });
  app.route({
    method: "GET",
    url: base,
    config: { isSigned: false },
    handler: (_request, reply) => reply.headers(PAGE_HEADERS).redirect(`${base}/`),
  });
}
