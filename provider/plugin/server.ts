/** The service that the engine talks to: each method of Pulumi's provider protocol that it uses. What is not here gRPC answers as not implemented. */
import type { ServerUnaryCall, sendUnaryData, UntypedServiceImplementation } from "@grpc/grpc-js";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import {
  type CheckRequest,
  type ConfigureRequest,
  ConfigureResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  type GetSchemaRequest,
  GetSchemaResponse,
  type ProviderHandshakeRequest,
  ProviderHandshakeResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { printable } from "../errors";
import type { SendLine } from "./engineLog";
import { failure } from "./failure";
import { checkResponse, diffResponse, structOf, valuesOf } from "./messages";
import { PluginError, PluginResource } from "./resources";
import type { Session } from "./session";
import { changedSettings, checkSettings, settingsOf } from "./settings";

export interface ServiceOptions {
  readonly session: Session;
  /** What sends lines to the engine at an address. */
  readonly connectLog: (address: string) => SendLine;
  readonly version: string;
  /** The schema of the package as JSON. */
  readonly schema: () => string;
}

/** A method from what it answers. */
function method<Request, Response>(answer: (request: Request) => Promise<Response> | Response) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    // An answer that is made at once may throw too.
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(failureOf(error)),
      );
  };
}

function failureOf(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  // Also errors that are not an operation's: all of them are printed.
  return failure(printable(message), error instanceof PluginError ? error.partial : undefined);
}

export function serviceOf({
  session,
  connectLog,
  version,
  schema,
}: ServiceOptions): UntypedServiceImplementation {
  const attachTo = (address: string) => {
    if (address !== "") session.attach(connectLog(address));
  };
  const act = <T>(
    request: { getUrn(): string; getTimeout?(): number },
    work: (resource: PluginResource) => Promise<T> | T,
  ): Promise<T> =>
    session.act({ urn: request.getUrn(), timeoutSeconds: request.getTimeout?.() ?? 0 }, async (context) =>
      work(new PluginResource(request.getUrn(), context)),
    );

  return {
    handshake: method((request: ProviderHandshakeRequest) => {
      attachTo(request.getEngineAddress());
      const response = new ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),

    attach: method((request: PluginAttach) => {
      attachTo(request.getAddress());
      return new Empty();
    }),

    getPluginInfo: method((_request: Empty) => {
      const response = new PluginInfo();
      response.setVersion(version);
      return response;
    }),

    getSchema: method((_request: GetSchemaRequest) => {
      const response = new GetSchemaResponse();
      response.setSchema(schema());
      return response;
    }),

    checkConfig: method((request: CheckRequest) => checkResponse(checkSettings(valuesOf(request.getNews())))),

    diffConfig: method((request: DiffRequest) => {
      const changed = changedSettings(valuesOf(request.getOlds()), valuesOf(request.getNews()));
      const fields = changed.map((field) => [field, { kind: "UPDATE", isReplacement: false }] as const);
      return diffResponse({
        changes: changed.length > 0,
        replaces: [],
        deleteBeforeReplace: false,
        stables: [],
        fields: Object.fromEntries(fields),
      });
    }),

    configure: method((request: ConfigureRequest) => {
      session.configure(settingsOf(valuesOf(request.getArgs())));
      const response = new ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),

    check: method((request: CheckRequest) =>
      act(request, async (resource) =>
        checkResponse(await resource.check(valuesOf(request.getOlds()), valuesOf(request.getNews()))),
      ),
    ),

    diff: method((request: DiffRequest) =>
      act(request, async (resource) =>
        diffResponse(
          await resource.diff(
            valuesOf(request.getOlds()),
            valuesOf(request.getNews()),
            request.getIgnorechangesList(),
          ),
        ),
      ),
    ),

    create: method((request: CreateRequest) =>
      act(request, async (resource) => {
        const inputs = valuesOf(request.getProperties());
        const response = new CreateResponse();
        if (request.getPreview()) {
          response.setProperties(structOf(resource.previewCreate(inputs)));
          return response;
        }
        const { id, properties } = await resource.create(inputs);
        response.setId(id);
        response.setProperties(structOf(properties));
        return response;
      }),
    ),

    read: method((request: ReadRequest) =>
      act(request, async (resource) => {
        const response = new ReadResponse();
        const found = await resource.read(
          request.getId(),
          valuesOf(request.getProperties()),
          valuesOf(request.getInputs()),
        );
        // Without an id it is gone.
        if (found === undefined) return response;
        response.setId(found.id);
        response.setProperties(structOf(found.properties));
        response.setInputs(structOf(found.inputs));
        return response;
      }),
    ),

    update: method((request: UpdateRequest) =>
      act(request, async (resource) => {
        const [olds, news] = [valuesOf(request.getOlds()), valuesOf(request.getNews())];
        const ignored = request.getIgnorechangesList();
        const properties = request.getPreview()
          ? resource.previewUpdate(olds, news, ignored)
          : await resource.update(olds, news, ignored);
        const response = new UpdateResponse();
        response.setProperties(structOf(properties));
        return response;
      }),
    ),

    delete: method((request: DeleteRequest) =>
      act(request, async (resource) => {
        await resource.delete(valuesOf(request.getProperties()));
        return new Empty();
      }),
    ),

    cancel: method((_request: Empty) => {
      session.cancel();
      return new Empty();
    }),
  };
}
