/**
 * Pulumi's dynamic provider prints each error of a check, a comparison, a read and a delete, besides passing it to the engine. The engine shows it with its
 * resource, so the printed line would be a second one that says less.
 */

/** The part of `console` that Pulumi prints with. */
interface Printer {
  error(...values: unknown[]): void;
}

/** Leaves out the lines that it is given. Everything else is printed as before, also what other providers of the process report. */
export class RepeatedErrors {
  readonly #lines = new Set<unknown>();

  /** A line that is left out the next time. */
  expect(line: string): void {
    this.#lines.add(line);
  }

  hideFrom(printer: Printer): void {
    const print = printer.error.bind(printer);
    printer.error = (...values) => {
      if (values.length === 1 && this.#lines.delete(values[0])) return;
      print(...values);
    };
  }
}
