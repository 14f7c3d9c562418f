import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import EdgeGrid from "akamai-edgegrid";
import { z } from "zod";
import { startEmulator } from "../../../emulator";
import { type Access, Client, signerOf } from "./client";

/** Whether a real account is asked instead of an emulator. */
export const isReal = process.env.AKAMAI_CONTRACT === "1";

/** Who is asked, and how time goes by there. */
export interface Target {
  readonly client: Client;
  pause(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** The host that the environment names: the variables are those of the provider. */
export function realTarget(): Target {
  const client = new Client(accessFrom(process.env));
  return {
    client,
    pause: (seconds) => sleep(seconds * 1000),
    close: async () => client.close(),
  };
}

/** An emulator with the documented lags and a clock by hand: whoever waits for it turns the clock. */
export async function emulatedTarget(): Promise<Target> {
  const emulator = await startEmulator({ clock: "manual", seed: Number(process.env.SEED ?? 1) });
  const { clientToken, clientSecret, accessToken } = emulator.credentials();
  const client = new Client({
    signer: signerOf(clientToken, clientSecret, accessToken, emulator.url),
    origin: emulator.url,
    authority: emulator.ca,
  });
  return {
    client,
    pause: async (seconds) => emulator.clock.advance(seconds),
    close: async () => {
      client.close();
      await emulator.close();
    },
  };
}

const Config = z.object({ host: z.string(), account_key: z.string().optional() });

function accessFrom(env: NodeJS.ProcessEnv): Access {
  const {
    AKAMAI_HOST,
    AKAMAI_CLIENT_TOKEN = "",
    AKAMAI_CLIENT_SECRET = "",
    AKAMAI_ACCESS_TOKEN = "",
    AKAMAI_CA_FILE,
  } = env;
  const signer = AKAMAI_HOST
    ? signerOf(AKAMAI_CLIENT_TOKEN, AKAMAI_CLIENT_SECRET, AKAMAI_ACCESS_TOKEN, AKAMAI_HOST)
    : fromEdgerc(env.AKAMAI_EDGERC ?? "~/.edgerc", env.AKAMAI_EDGERC_SECTION ?? "default");
  const { host, account_key } = Config.parse(Reflect.get(signer, "config"));
  return {
    signer,
    origin: host,
    accountSwitchKey: env.AKAMAI_ACCOUNT_KEY || account_key,
    authority: AKAMAI_CA_FILE ? readFileSync(AKAMAI_CA_FILE, "utf8") : undefined,
  };
}

/** Akamai's library reads the file. */
function fromEdgerc(path: string, section: string): EdgeGrid {
  const signer = new EdgeGrid({ path, section });
  signer.enableLogging(false);
  return signer;
}
