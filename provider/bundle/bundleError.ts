/** A bundle that cannot be read; the message names the file and what is wrong with it. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}
