/** Why an activation was refused or failed, and what to do about it. */
import { type Activation, NotActivatableError, type Problem } from "../../../api/property/activations";
import { findNetworkState, isLiveSince } from "../../../api/property/networkState";
import { findRules } from "../../../api/property/rules";
import { ApiError, PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { formatFindings } from "../findings";
import { originOf, refreshHint } from "./foreignActivations";
import type { ActivationInputs } from "./schema";

/** What an end without success means. */
export async function meaningOf(
  context: Context,
  { activationId, status, failureCause }: Activation,
  inputs: ActivationInputs,
): Promise<string> {
  switch (status) {
    case "ABORTED":
      return "somebody cancelled it. What was live before still is; the next run asks again";
    case "FAILED": {
      const cause = failureCause
        ? await formatProblem(context, failureCause, inputs)
        : "the network did not take it";
      return `${cause}. What was live before still is; the next run asks again`;
    }
    case "INACTIVE": {
      const state = await findNetworkState(context.http, inputs, inputs.network);
      if (state?.live === undefined)
        return "it was taken off the network meanwhile. The next `up` asks again";
      const { live } = state;
      if (!isLiveSince(state, activationId))
        return `version ${live.version}, which was live before, still is; the next run asks again`;
      return `version ${live.version} was activated meanwhile (${await originOf(context, live, inputs)}). ${refreshHint}`;
    }
    default:
      return "an end that this provider does not know";
  }
}

/** The error with what to do about it, when the refusal is final. */
export async function explainRefusal(
  context: Context,
  error: unknown,
  inputs: ActivationInputs,
): Promise<unknown> {
  const { version, propertyName } = inputs;
  if (error instanceof NotActivatableError)
    return new PreconditionError(await formatProblem(context, error.problem, inputs));
  if (!(error instanceof ApiError)) return error;
  if (error.is(422, "missing_compliance_record")) {
    return new PreconditionError(
      'the account demands a compliance record for production: set `complianceRecord`, such as { noncomplianceReason: "NONE", customerEmail: "…", peerReviewedBy: "…", unitTested: true }, or one of the reasons OTHER, NO_PRODUCTION_TRAFFIC and EMERGENCY',
    );
  }
  if (error.is(404)) {
    return new PreconditionError(
      `property ${propertyName} has no version ${version}, or the API client can't see it (${error.message})`,
      {
        cause: error,
      },
    );
  }
  return error;
}

/** Every error and warning, with the names of the rules that it is about. */
async function formatProblem(
  context: Context,
  { title, detail, errors, warnings }: Problem,
  inputs: ActivationInputs,
): Promise<string> {
  const { version } = inputs;
  if (errors.length === 0 && warnings.length === 0)
    return [title, detail].filter((part) => part !== "").join(": ");
  const found = await findRules(context.http, inputs, version).catch(() => undefined);
  const tree = found?.rules ?? { name: "default" };
  const format = (lines: readonly string[]) => lines.map((line) => `\n  - ${line}`).join("");
  const parts: string[] = [];
  if (errors.length > 0)
    parts.push(
      `the rules of version ${version} have errors, with which it can't be activated:${format(formatFindings(errors, tree))}`,
    );
  if (warnings.length > 0) {
    const texts = formatFindings(warnings, tree).map(
      (text, index) => `${warnings[index]?.messageId ?? "without an id"}: ${text}`,
    );
    parts.push(
      `version ${version} has warnings that are not acknowledged. To activate it all the same, list their ids in \`acknowledgeWarnings\`, or set \`acknowledgeWarnings: "all"\`:${format(texts)}`,
    );
  }
  return parts.join("\n  ");
}
