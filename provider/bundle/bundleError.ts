/** A bundle that cannot be read; the message says what is wrong with which file. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}
