/** The emulator can't use the directory that it was given. The message names the file or the directory. */
export class DirectoryError extends Error {}
