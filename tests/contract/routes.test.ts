import { createServices } from "../../emulator/services";
import { UNASKED } from "./support/routes";

test("every product of the emulator has a suite, or a reason why not", () => {
  const asked = ["edgekv", "edgeworkers", "property"];
  expect(
    createServices()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual([...asked, ...Object.keys(UNASKED)].toSorted());
});
