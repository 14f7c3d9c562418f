/** The plugin as the engine sees it: its service over gRPC, against an emulator in process whose clock every wait of the provider turns. */
import { type Client, credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  ConfigureRequest,
  CreateRequest,
  type CreateResponse,
  DeleteRequest,
  DiffRequest,
  type DiffResponse,
  ErrorResourceInitFailed,
  InvokeRequest,
  type InvokeResponse,
  ProviderHandshakeRequest,
  ReadRequest,
  type ReadResponse,
  UpdateRequest,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Emulator } from "../../emulator";
import { serviceOf } from "../../provider/plugin/server";
import { type OpenContext, Session } from "../../provider/plugin/session";
import { cancellable } from "../../provider/runtime/clock";
import type { SendLine } from "../../provider/runtime/engineLog";
import { ProviderProcess } from "./testEngine/providerProcess";

export type Values = Record<string, unknown>;

export const secretOf = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

export const urnOf = (token: string, name: string) => `urn:pulumi:dev::shop::akamai-edge:${token}::${name}`;

/** What is in place after a failure. */
export interface Partial {
  readonly id: string;
  readonly properties: Values;
  readonly inputs: Values;
  readonly reasons: readonly string[];
}

export class PluginFailure extends Error {
  constructor(
    message: string,
    readonly partial: Partial | undefined,
  ) {
    super(message);
  }
}

type Message = { serializeBinary(): Uint8Array };
type Callback<T> = (error: ServiceError | null, response: T) => void;

const structOf = (values: Values) => Struct.fromJavaScript(values as never);
const valuesOf = (struct: Struct | undefined) => (struct?.toJavaScript() ?? {}) as Values;

/** One process of the plugin. */
export class PluginTest {
  /** Lines in the engine's log, as `warning URN: text`. */
  readonly lines: string[] = [];
  /** The context of each run. */
  readonly runs: ProviderProcess[] = [];
  /** Milliseconds of the machine's time that each wait takes besides. */
  readonly pace = { ms: 0 };

  private constructor(
    readonly session: Session,
    private readonly server: Server,
    private readonly client: ResourceProviderClient,
  ) {}

  static async start(emulator: Emulator, schema = "{}"): Promise<PluginTest> {
    const runs: ProviderProcess[] = [];
    const pace = { ms: 0 };
    const open: OpenContext = (config, logger, signal) => {
      const clock = {
        now: () => emulator.clock.now(),
        sleep: async (milliseconds: number) => {
          // Other calls get their turn, as during a real wait.
          await new Promise((resolve) => setTimeout(resolve, pace.ms));
          emulator.clock.advance(milliseconds / 1000);
        },
      };
      const previewReads = config("previewReads");
      const settings: Record<string, string> = previewReads === undefined ? {} : { previewReads };
      const run = new ProviderProcess(emulator, cancellable(clock, signal), settings);
      runs.push(run);
      return { ...run.context, logger };
    };
    const lines: string[] = [];
    const connectLog = (): SendLine => async (severity, message, urn) => {
      lines.push(`${severity} ${urn}: ${message}`);
    };
    const session = new Session(open, (line) => lines.push(`printed: ${line}`));
    const server = new Server();
    server.addService(
      ResourceProviderService,
      serviceOf({ session, connectLog, version: "1.2.3", schema: () => schema }),
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const plugin = new PluginTest(session, server, client);
    Object.assign(plugin, { lines, runs, pace });
    await plugin.handshake();
    return plugin;
  }

  handshake() {
    const request = new ProviderHandshakeRequest();
    request.setEngineAddress("127.0.0.1:1");
    return this.call(request, (message, done) => this.client.handshake(message, done));
  }

  async configure(args: Values = {}): Promise<this> {
    const request = new ConfigureRequest();
    request.setArgs(structOf(args));
    await this.call(request, (message, done) => this.client.configure(message, done));
    return this;
  }

  async checkConfig(news: Values) {
    const request = new CheckRequest();
    request.setUrn("urn:pulumi:dev::shop::pulumi:providers:akamai-edge::default");
    request.setNews(structOf(news));
    return checkedOf(await this.call(request, (message, done) => this.client.checkConfig(message, done)));
  }

  async invoke(token: string, args: Values = {}, { preview = false } = {}) {
    const request = new InvokeRequest();
    request.setTok(`akamai-edge:${token}`);
    request.setArgs(structOf(args));
    request.setPreview(preview);
    const response = await this.call<InvokeRequest, InvokeResponse>(request, (message, done) =>
      this.client.invoke(message, done),
    );
    return {
      result: valuesOf(response.getReturn()),
      failures: response.getFailuresList().map((one) => one.toObject()),
    };
  }

  async check(urn: string, news: Values, olds: Values = {}) {
    const request = new CheckRequest();
    request.setUrn(urn);
    request.setNews(structOf(news));
    request.setOlds(structOf(olds));
    return checkedOf(await this.call(request, (message, done) => this.client.check(message, done)));
  }

  async diff(urn: string, olds: Values, news: Values, ignoreChanges: string[] = []) {
    const request = new DiffRequest();
    request.setUrn(urn);
    request.setOlds(structOf(olds));
    request.setNews(structOf(news));
    request.setIgnorechangesList(ignoreChanges);
    return diffOf(await this.call(request, (message, done) => this.client.diff(message, done)));
  }

  async create(urn: string, inputs: Values, options: { preview?: boolean; timeout?: number } = {}) {
    const request = new CreateRequest();
    request.setUrn(urn);
    request.setProperties(structOf(inputs));
    request.setPreview(options.preview ?? false);
    request.setTimeout(options.timeout ?? 0);
    const response = await this.call<CreateRequest, CreateResponse>(request, (message, done) =>
      this.client.create(message, done),
    );
    return { id: response.getId(), properties: valuesOf(response.getProperties()) };
  }

  async update(
    urn: string,
    olds: Values,
    news: Values,
    options: { preview?: boolean; ignore?: string[] } = {},
  ) {
    const request = new UpdateRequest();
    request.setUrn(urn);
    request.setOlds(structOf(olds));
    request.setNews(structOf(news));
    request.setPreview(options.preview ?? false);
    request.setIgnorechangesList(options.ignore ?? []);
    const response = await this.call<UpdateRequest, UpdateResponse>(request, (message, done) =>
      this.client.update(message, done),
    );
    return valuesOf(response.getProperties());
  }

  async read(urn: string, id: string, properties: Values = {}, inputs: Values = {}) {
    const request = new ReadRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setProperties(structOf(properties));
    request.setInputs(structOf(inputs));
    const response = await this.call<ReadRequest, ReadResponse>(request, (message, done) =>
      this.client.read(message, done),
    );
    return {
      id: response.getId(),
      properties: valuesOf(response.getProperties()),
      inputs: valuesOf(response.getInputs()),
    };
  }

  async delete(urn: string, id: string, properties: Values): Promise<void> {
    const request = new DeleteRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setProperties(structOf(properties));
    await this.call(request, (message, done) => this.client.delete(message, done));
  }

  async cancel(): Promise<void> {
    await this.call(new Empty(), (message, done) => this.client.cancel(message, done));
  }

  async version(): Promise<string> {
    const info = await this.call<Empty, PluginInfo>(new Empty(), (message, done) =>
      this.client.getPluginInfo(message, done),
    );
    return info.getVersion();
  }

  /** Check, diff where there is a state, and create or update, as `up` does. */
  async up(token: string, name: string, args: Values, state?: Values): Promise<Values> {
    const urn = urnOf(token, name);
    const { inputs, failures } = await this.check(urn, args, state);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    return state === undefined
      ? (await this.create(urn, inputs)).properties
      : this.update(urn, state, inputs);
  }

  close(): void {
    (this.client as unknown as Client).close();
    this.server.forceShutdown();
  }

  private call<Request extends Message, Response>(
    request: Request,
    send: (request: Request, done: Callback<Response>) => void,
  ): Promise<Response> {
    return new Promise((resolve, reject) =>
      send(request, (error, response) => (error === null ? resolve(response) : reject(failureOf(error)))),
    );
  }
}

function checkedOf(response: {
  getInputs(): Struct | undefined;
  getFailuresList(): { toObject(): object }[];
}) {
  return {
    inputs: valuesOf(response.getInputs()),
    failures: response.getFailuresList().map((one) => one.toObject()),
  };
}

const kinds = ["ADD", "ADD_REPLACE", "DELETE", "DELETE_REPLACE", "UPDATE", "UPDATE_REPLACE"];

function diffOf(response: DiffResponse) {
  return {
    changes: response.getChanges() === 2,
    replaces: response.getReplacesList(),
    stables: response.getStablesList(),
    deleteBeforeReplace: response.getDeletebeforereplace(),
    fields: Object.fromEntries(
      response
        .getDetaileddiffMap()
        .toArray()
        .map(([field, diff]) => [field, kinds[(diff as unknown as [number])[0] ?? 0]]),
    ),
  };
}

function failureOf(error: ServiceError): PluginFailure {
  const [details] = error.metadata.get("grpc-status-details-bin");
  if (details === undefined) return new PluginFailure(error.details, undefined);
  const [packed] = Status.deserializeBinary(Buffer.from(details)).getDetailsList();
  if (packed === undefined) return new PluginFailure(error.details, undefined);
  const failed = ErrorResourceInitFailed.deserializeBinary(packed.getValue_asU8());
  return new PluginFailure(error.details, {
    id: failed.getId(),
    properties: valuesOf(failed.getProperties()),
    inputs: valuesOf(failed.getInputs()),
    reasons: failed.getReasonsList(),
  });
}
