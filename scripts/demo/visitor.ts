import type { Emulator } from "../../emulator";
import type { Run } from "../engine";
import { expect, type Step } from "./step";

const URL_OF_SITE = "https://shop.example.com/hello";
const PAUSE_MS = 50;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Somebody in Germany who asks the site itself, not the APIs. */
export interface Visitor {
  ask(network: "staging" | "production"): Promise<Answer>;
  /** Asks both networks all the time while something is done. Returns what was answered, each once, with its count. */
  during<T>(act: () => Promise<T>): Promise<T>;
  /** What the last `during` got. */
  readonly answers: ReadonlyMap<string, number>;
}

export function visitor(emulator: Emulator): Visitor {
  const answers = new Map<string, number>();
  const ask: Visitor["ask"] = async (network) => {
    const response = await emulator.edge?.fetch(URL_OF_SITE, { network, location: { country: "DE" } });
    if (response === undefined) throw new Error("the sites do not answer: the emulator runs without edge");
    return { status: response.status, text: (await response.text()).trim() };
  };
  const askAll = async (isOver: () => boolean) => {
    while (!isOver()) {
      for (const network of ["staging", "production"] as const) {
        const { status, text } = await ask(network);
        const answer = `${network}: ${status} ${text}`;
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  return {
    ask,
    answers,
    async during(act) {
      answers.clear();
      let isOver = false;
      const asking = askAll(() => isOver);
      try {
        return await act();
      } finally {
        isOver = true;
        await asking;
      }
    },
  };
}

/** Fails unless both networks greet with a word. Returns that in a line. */
export async function expectGreeting(visits: Visitor, word: string): Promise<string> {
  for (const network of ["staging", "production"] as const) {
    const { status, text } = await visits.ask(network);
    expect(
      status === 200 && text === word,
      `${URL_OF_SITE} on ${network} to answer ${word}, not ${status} ${text}`,
    );
  }
  return `GET ${URL_OF_SITE} on staging and on production, from Germany: 200 ${word}`;
}

/** Fails unless every answer while something was done was a 200 with one of the words, and each word was there on each network. */
export function expectOnly({ answers }: Visitor, words: readonly string[]): string {
  const wanted = ["production", "staging"].flatMap((network) =>
    words.map((word) => `${network}: 200 ${word}`),
  );
  const got = [...answers.keys()].sort();
  expect(got.join() === wanted.sort().join(), `no visitor to see a failure, but ${got.join()}`);
  const asked = [...answers.values()].reduce((sum, times) => sum + times, 0);
  return `${asked} requests to the site meanwhile: each was answered with the old word or with the new one`;
}

/** The last step: a real request to the site on both networks. */
export const greetedAgain = (act: () => Promise<Run>, visits: Visitor): Step => ({
  title: "up with the rule again: visitors of the site are greeted on both networks",
  act,
  prove: async () => [await expectGreeting(visits, "Hallo")],
});
