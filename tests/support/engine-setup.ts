import { join } from "node:path";
import { ensurePulumi } from "../../scripts/pulumi-cli";
import { root as checkout } from "../../scripts/root";

/** Finds or makes the Pulumi CLI once for all suites; making one takes minutes. */
export default async function setUp(): Promise<void> {
  const { root } = await ensurePulumi({ print: (line) => process.stderr.write(`${line}\n`) });
  process.env.AKAMAI_EDGE_TEST_CLI = root;
  // Each run of the engine loads Pulumi's SDK in two processes: compiled once, it loads in two thirds of the time.
  process.env.NODE_COMPILE_CACHE ??= join(checkout, "node_modules", ".cache", "compile");
}
