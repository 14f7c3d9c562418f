import type { Bench, Reply, Sent } from "./client";

/** Requests to one product of an emulator, below the product's base path. */
export class ProductClient {
  protected constructor(
    readonly bench: Bench,
    private readonly base: string,
  ) {}

  get emulator() {
    return this.bench.emulator;
  }

  close = (): Promise<void> => this.bench.close();

  send(method: string, path: string, sent?: Sent): Promise<Reply> {
    return this.bench.send(method, `${this.base}${path}`, sent);
  }

  get = (path: string, sent?: Sent): Promise<Reply> => this.send("GET", path, sent);
  post = (path: string, body: object, sent: Sent = {}): Promise<Reply> =>
    this.send("POST", path, { ...sent, body });

  advance(seconds: number): void {
    this.emulator.clock.advance(seconds);
  }
}
