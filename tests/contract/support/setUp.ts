import { lookAt } from "./account";
import { isReal, realTarget } from "./target";

/**
 * Looks at the real account once, before the suites: what it can't do is skipped with the reason in the title, and that has to be known when
 * tests are declared. The variable takes it to the workers.
 */
export default async function setUp(): Promise<void> {
  if (!isReal) return;
  const target = realTarget();
  const { AKAMAI_CONTRACT_GROUP, AKAMAI_CONTRACT_PROPERTY, AKAMAI_CONTRACT_ACTIVATE } = process.env;
  try {
    const account = await lookAt(target.client, {
      group: AKAMAI_CONTRACT_GROUP,
      property: AKAMAI_CONTRACT_PROPERTY,
      mayActivate: AKAMAI_CONTRACT_ACTIVATE === "1",
      isReal: true,
    });
    process.env.AKAMAI_CONTRACT_ACCOUNT = JSON.stringify(account);
  } finally {
    await target.close();
  }
}
