/** As crash.test.ts, for runs that change what is there, and take it away. */
import { isFull } from "../support/extent";
import { type Act, crashEverywhere, destroy, program, programs, up } from "./crashes";

const rights = { permissions: '["r", "w"]' };
const off = { greeter: "off" };
const greeting = program("geo-greeting");
const site = program("full-site");

const scenarios: readonly (readonly [what: string, before: readonly Act[], act: Act])[] = [
  ...programs
    .filter(([name]) => name !== "full-site")
    .map(([name, make]) => [`${name}: destroy`, [up(make)], destroy] as const),
  ["geo-greeting: rotation", [up(greeting)], up(greeting, rights)],
  ["full-site: rotation", [up(site)], up(site, rights)],
  ["full-site: rollback", [up(site)], up(site, off)],
  ["full-site: destroy", [up(site), up(site, off)], destroy],
];

test.each(scenarios)(
  "crashed in %s",
  (...scenario) => crashEverywhere("Crashes of changes in process", ...scenario),
  isFull ? 3_600_000 : 120_000,
);
