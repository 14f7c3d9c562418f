import type { EdgeOptions } from "../index";
import { type Paint, requestLine } from "./requestLine";

/** What the terminal shows of the sites: each request, each log line, each failure with its place in the code. */
export function siteEvents(paint: Paint): Pick<EdgeOptions, "onCode" | "onRequest"> {
  const print = (line: string) => void process.stderr.write(`${line.replace(/\p{Cc}(?!\[)/gu, "?")}\n`);
  return {
    onRequest: ({ network, host, path, ...rest }) =>
      print(requestLine({ ...rest, path: `${network} ${host}${path}` }, paint)),
    onCode({ event, line, failure }) {
      if (line !== undefined)
        print(`  ${paint("dim", `${event} ${line.level} ${line.file}:${line.line}`)} ${line.text}`);
      if (failure !== undefined) print(`  ${paint("red", `${event} ${failure.status}`)} ${failure.message}`);
    },
  };
}
