import type { EdgeOptions } from "../index";
import { printable } from "./printable";
import { type Paint, requestLine } from "./requestLine";

/** What the terminal shows of the sites: each request, each log line, each failure with its place in the code. */
export function siteEvents(paint: Paint): Pick<EdgeOptions, "onCode" | "onRequest"> {
  const print = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    onRequest: ({ network, host, path, ...rest }) =>
      print(requestLine({ ...rest, path: `${network} ${host}${path}` }, paint)),
    // What code logs may be a header of any client.
    onCode({ event, line, failure }) {
      if (line !== undefined) {
        const place = printable(`${event} ${line.level} ${line.file}:${line.line}`);
        print(`  ${paint("dim", place)} ${printable(line.text)}`);
      }
      if (failure !== undefined)
        print(`  ${paint("red", printable(`${event} ${failure.status}`))} ${printable(failure.message)}`);
    },
  };
}
