import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isOwnHost, PAGE_HEADERS } from "./browser";

const FILES: Readonly<Record<string, readonly [file: string, contentType: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/page.mjs": ["page.mjs", "text/javascript; charset=utf-8"],
  "/sections.mjs": ["sections.mjs", "text/javascript; charset=utf-8"],
  "/dom.mjs": ["dom.mjs", "text/javascript; charset=utf-8"],
};

/** The files of the page. They hold nothing of the account, so they need no token. */
export function addPageRoutes(app: FastifyInstance, base: string): void {
  const own = (request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined =>
    isOwnHost(request.headers.host)
      ? undefined
      : reply
          .code(421)
          .headers(PAGE_HEADERS)
          .type("text/plain; charset=utf-8")
          .send("This page is at https://localhost, and under no other name.\n");
  for (const [path, [file, contentType]] of Object.entries(FILES))
    app.route({
      method: "GET",
      url: base + path,
      config: { isSigned: false },
      handler: (request, reply) =>
        own(request, reply) ??
        reply
          .headers(PAGE_HEADERS)
          .type(contentType)
          .send(readFileSync(join(__dirname, "static", file))),
    });
  app.route({
    method: "GET",
    url: base,
    config: { isSigned: false },
    handler: (request, reply) => own(request, reply) ?? reply.headers(PAGE_HEADERS).redirect(`${base}/`),
  });
}
