import { ensurePulumi } from "../../scripts/pulumi-cli";

/** Finds or makes the Pulumi CLI once for all suites; making one takes minutes. */
export default async function setUp(): Promise<void> {
  const { root } = await ensurePulumi({ print: (line) => process.stderr.write(`${line}\n`) });
  process.env.AKAMAI_EDGE_TEST_CLI = root;
}
