/**
 * Many namespaces and many tokens, each a resource with a wait of its own: the first write, and no change.
 */
import { edgekv } from "../../sdk";
import { type Bare, floor } from "./floor";
import { type Print, type Row, recordRows } from "./report";
import { lag, parallel } from "./scale";
import type { Stage } from "./stage";

const network = "staging";

/** One kind of object: how a program declares them, and the bare request for one. */
interface Kind {
  readonly name: string;
  readonly declare: (numbers: readonly number[]) => void;
  readonly request: (index: number) => Bare;
}

/** The POST of a namespace that is there for ever. */
export function createNamespace(namespace: string): Bare {
  return {
    method: "POST",
    path: `/edgekv/v1/networks/${network}/namespaces`,
    type: "application/json",
    body: JSON.stringify({ namespace, groupId: 0, retentionInSeconds: 0 }),
  };
}

const kinds: readonly Kind[] = [
  {
    name: "namespaces",
    declare: (numbers) => {
      for (const index of numbers)
        new edgekv.Namespace(`n-${index}`, {
          network,
          groupId: 0,
          retentionInSeconds: 0,
          deletion: { mode: "immediate" },
        });
    },
    request: (index) => createNamespace(`floor-${index}`),
  },
  {
    name: "access tokens",
    declare: (numbers) => {
      for (const index of numbers)
        new edgekv.AccessToken(`t-${index}`, {
          allowOnStaging: true,
          namespacePermissions: { bench: ["r"] },
        });
    },
    request: (index) => ({
      method: "POST",
      path: "/edgekv/v1/tokens",
      type: "application/json",
      body: JSON.stringify({
        name: `floor-${index}`,
        allowOnStaging: true,
        allowOnProduction: false,
        namespacePermissions: { bench: ["r"] },
      }),
    }),
  },
];

export async function objectRows(stage: Stage, objects: number, print: Print): Promise<Row[]> {
  const rows: Row[] = [];
  const numbers = Array.from({ length: objects }, (_, index) => index);
  for (const { name, declare, request } of kinds) {
    const record = recordRows(rows, `${objects} ${name}, --parallel ${parallel}`, print);
    const program = async () => declare(numbers);
    const made = await stage.up(program, { parallel });
    const bare = await floor(stage.akamai, numbers.map(request), objects);
    record("first", made, { floor: bare.seconds + lag, floorRequests: bare.requests });
    record("no change", await stage.up(program, { parallel }), { floorRequests: 0 });
    await stage.destroy({ parallel });
  }
  return rows;
}
