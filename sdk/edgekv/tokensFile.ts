import * as pulumi from "@pulumi/pulumi";
import { readTokensFile, type TokensFileEntry, writeTokensFile } from "../../provider/api/edgekv/tokensFile";

export { readTokensFile, type TokensFileEntry };

/** A token for the file: an `AccessToken` is one. */
export interface TokensFileToken {
  readonly name: pulumi.Input<string>;
  /** Of a token of the current generation. */
  readonly reference?: pulumi.Input<string | undefined>;
  /** The JWT of a token of the older generation; where there is one, it is used. */
  readonly value?: pulumi.Input<string | undefined>;
  /** The file gets an entry for each namespace named here. */
  readonly namespacePermissions: pulumi.Input<Readonly<Record<string, unknown>>>;
}

/**
 * The text of `edgekv_tokens.js` for an EdgeWorker that uses these tokens, as a secret. Two tokens for one namespace are an error: the file has room
 * for one.
 *
 * @example
 * const file = edgekv.tokensFile([reader]);
 */
export function tokensFile(tokens: readonly TokensFileToken[]): pulumi.Output<string> {
  const known = tokens.map(({ name, reference, value, namespacePermissions }) =>
    pulumi.all([name, reference, value, namespacePermissions]),
  );
  const text = pulumi.all(known).apply((all) => {
    // Pulumi's mocks leave out what only the service knows: such a file is unknown, as in a preview.
    const isMocked = all.some(
      ([name, reference, value], index) =>
        pulumi.Resource.isInstance(tokens[index]) &&
        (name === undefined || (reference ?? value) === undefined),
    );
    if (isMocked) return pulumi.output(pulumi.unknown as unknown as string);
    return writeTokensFile(
      all.map(([name, reference, value, permissions]) => ({
        name,
        reference,
        value,
        namespaces: Object.keys(permissions),
      })),
    );
  });
  return pulumi.secret(text);
}
