import { homedir } from "node:os";

/**
 * The home of the user. A container can run without one: no HOME, and a user id that no list of users has. `~` then stays as written, so
 * that no file of another folder is read, and an error shows the path.
 */
export function homeFolder(home: () => string = homedir): string {
  try {
    return home() || "~";
  } catch {
    return "~";
  }
}
