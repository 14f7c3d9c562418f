import { services } from "../../emulator/services";
import { UNASKED } from "./support/routes";

test("every product of the emulator has a suite, or a reason why not", () => {
  const asked = ["edgekv", "edgeworkers", "property"];
  expect(
    services()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual([...asked, ...Object.keys(UNASKED)].toSorted());
});
