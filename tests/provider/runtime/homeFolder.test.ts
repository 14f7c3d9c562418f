import { homeFolder } from "../../../provider/runtime/homeFolder";

test.each<[what: string, home: () => string, folder: string]>([
  ["a home", () => "/home/ada", "/home/ada"],
  ["an empty HOME", () => "", "~"],
  [
    "no HOME, and a user that the system does not know",
    () => {
      throw new Error("uv_os_homedir returned ENOENT");
    },
    "~",
  ],
])("%s", (_what, home, folder) => {
  expect(homeFolder(home)).toBe(folder);
});
