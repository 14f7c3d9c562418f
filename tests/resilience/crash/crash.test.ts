/**
 * Engine and provider crash at every request of a run, once before the service has carried it out and once after. The next run goes on, and ends with the
 * account that an undisturbed run leaves: nothing is there twice, nothing is missing.
 */
import { isFull } from "../support/extent";
import { crashEverywhere, programs, up } from "./crashes";

test.each(programs)(
  "crashed while it makes %s",
  (name, make) => crashEverywhere("Crashes in process", `${name}: up`, [], up(make)),
  isFull ? 3_600_000 : 120_000,
);
