import { RepeatedErrors } from "../../../provider/runtime/repeatedErrors";

test("an error that the engine shows is not printed again; all else is", () => {
  const lines: unknown[][] = [];
  const printer = { error: (...values: unknown[]) => void lines.push(values) };
  const errors = new RepeatedErrors();
  errors.hideFrom(printer);
  errors.expect("failed: reading a");
  printer.error("failed: reading a", "and more");
  printer.error("failed: reading b");
  printer.error("failed: reading a");
  // Once for each error.
  printer.error("failed: reading a");
  printer.error();
  expect(lines).toEqual([
    ["failed: reading a", "and more"],
    ["failed: reading b"],
    ["failed: reading a"],
    [],
  ]);
});
