import { ApiError, PreconditionError } from "../provider/errors";

/** A read of the account that failed. It has no `cause`: Pulumi would print that as it is, below the message, which has all of it already. */
export class LookupError extends Error {
  override readonly name = "LookupError";
  readonly #isAbsent: boolean;

  constructor(message: string, reason: unknown) {
    super(message);
    this.#isAbsent = reason instanceof PreconditionError || (reason instanceof ApiError && reason.is(404));
  }

  /** Whether a lookup found no object. */
  static isAbsence(error: unknown): boolean {
    return error instanceof LookupError && error.#isAbsent;
  }
}
