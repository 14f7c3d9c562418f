import { emulatorOptions, UsageError } from "../../../emulator/cli/options";

test("options of the sites", () => {
  const given = {
    dir: "d",
    edge: true,
    stagingPort: "8001",
    origin: ["a.test=http://127.0.0.1:1", "http://localhost:2"],
    cpuFactor: "2.5",
    fresh: true,
  };
  expect(emulatorOptions(given)).toMatchObject({
    dir: "d",
    edge: {
      stagingPort: 8001,
      origins: { "a.test": "http://127.0.0.1:1", "*": "http://localhost:2" },
      cpuFactor: 2.5,
      fresh: true,
    },
  });
  expect(emulatorOptions({ dir: "d" })).not.toHaveProperty("edge");
});

test.each([
  [
    { origin: ["a=http://x"] },
    "--staging-port, --production-port, --origin, --cpu-factor and --fresh need --edge",
  ],
  [
    { edge: true, origin: ["a.test=127.0.0.1"] },
    '--origin: "a.test=127.0.0.1" is not HOST=URL, such as origin.example.com=http://127.0.0.1:3000, or a URL for every host',
  ],
  [{ edge: true, cpuFactor: "0" }, '--cpu-factor: "0" is not a number above 0 and up to 1000'],
  [{ edge: true, productionPort: "x" }, '--production-port: "x" is not a whole number from 0 to 65535'],
])("%j is refused", (given, message) => {
  expect(() => emulatorOptions({ dir: "d", ...given })).toThrow(new UsageError(message));
});
