import { emulatorOptions, UsageError } from "../../../emulator/cli/options";

test.each(["x0", "x0.0", "x-1", "xNaN", "x", "x1e3", "xInfinity", "x9999999999", "2", "X2", " x2", ""])(
  '--clock "%s" is refused, with what is allowed',
  (clock) => {
    expect(() => emulatorOptions({ dir: "d", clock })).toThrow(UsageError);
    expect(() => emulatorOptions({ dir: "d", clock })).toThrow(
      `--clock: "${clock}" is not real, manual, or xN with a number N above 0 and up to 1000000, such as x60`,
    );
  },
);

test.each([
  ["real", "real"],
  ["manual", "manual"],
  ["x60", { scale: 60 }],
  ["x0.5", { scale: 0.5 }],
])("--clock %s is taken", (clock, mode) => {
  expect(emulatorOptions({ dir: "d", clock })).toEqual({ dir: "d", clock: mode });
});

test.each([
  [{ lag: "1e9" }, "--lag: "],
  [{ lag: "99999999999" }, "--lag: "],
  [{ lag: "0x10" }, "--lag: "],
  [{ port: "0x50" }, "--port: "],
  [{ port: "" }, "--port: "],
  [{ port: "-0" }, "--port: "],
  [{ seed: "4294967296" }, "--seed: "],
  [{ dir: "" }, "--dir is missing"],
])("%j is refused", (given, message) => {
  expect(() => emulatorOptions({ dir: "d", ...given })).toThrow(message);
});
