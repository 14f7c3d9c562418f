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
  expect(emulatorOptions({ dir: "d", clock })).toMatchObject({ dir: "d", clock: mode });
});

test.each([
  [{}, { latency: 50 }],
  [{ latency: "0" }, { latency: 0 }],
  [{ objectLag: "5" }, { lag: { object: 5 }, latency: 50 }],
  [
    { objectLag: "5", lag: "none" },
    { lag: { preset: "none", object: 5 }, latency: 50 },
  ],
])("%j: as far away as a service, and objects as written, unless it is set", (given, options) => {
  expect(emulatorOptions({ dir: "d", ...given })).toEqual({ dir: "d", ...options });
});

test.each([
  [{ lag: "1e9" }, "--lag: "],
  [{ lag: "99999999999" }, "--lag: "],
  [{ lag: "0x10" }, "--lag: "],
  [{ objectLag: "none" }, '--object-lag: "none" is not a number of seconds from 0 to 31536000'],
  [{ latency: "-1" }, '--latency: "-1" is not a number of milliseconds from 0 to 60000'],
  [{ latency: "60001" }, "--latency: "],
  [{ port: "0x50" }, "--port: "],
  [{ port: "" }, "--port: "],
  [{ port: "-0" }, "--port: "],
  [{ seed: "4294967296" }, "--seed: "],
  [{ dir: "" }, "--dir is missing"],
])("%j is refused", (given, message) => {
  expect(() => emulatorOptions({ dir: "d", ...given })).toThrow(message);
});
