import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// SSF 1.0 §8.1.1: a receiver makes, reads, changes and drops its streams of security events (RFC 8417).
struct EventStreamEndpoint: Endpoint {
    let receivers: EventReceivers
    let streams: any EventStreamStore
    let waits: EventWaits
    let form: EventStreamForm
    let random: any RandomSource
    let audit: AuditTrail

    /// The path, relative to the issuer.
    static let path = "/ssf/stream"

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let receiver = try await receivers.receiver(request, context)
            switch request.method {
            case .post: return try await make(request, receiver, context)
            case .get: return try await read(request, receiver)
            case .delete: return try await drop(request, receiver, context)
            default: return try await change(request, receiver)
            }
        } catch {
            return await receivers.refusal(error, request, context)
        }
    }

    private func make(
        _ request: Request,
        _ receiver: EventReceivers.Receiver,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        let body = try EventRequestBody.object(request)
        var stream = EventStream(
            id: EventStreamID(random: random),
            clientID: receiver.clientID,
            usedAt: context.now
        )
        try form.apply(body, replacesAll: true, to: &stream)
        let receipt = try await OAuthError.attempt(await streams.add(stream, now: context.now))
        try await OAuthError.attempt(await receipt.outcome)
        audit.record(.eventStreamMade(stream), context: context)
        return .json(form.json(stream).serialized(), status: .created)
    }

    // §8.1.1.2: one stream, or all of the receiver's.
    private func read(_ request: Request, _ receiver: EventReceivers.Receiver) async throws(OAuthError) -> Response {
        guard let id = try Self.identifier(in: request) else {
            let own = try await OAuthError.attempt(await streams.streams(of: receiver.clientID))
            return .json(JSONValue.array(own.map { .object(form.json($0)) }).serialized())
        }
        guard let stream = try await stream(id, receiver) else { return .noSuchStream }
        return .json(form.json(stream).serialized())
    }

    // §8.1.1.3 and §8.1.1.4: PATCH changes what is named, PUT everything.
    private func change(_ request: Request, _ receiver: EventReceivers.Receiver) async throws(OAuthError) -> Response {
        let body = try EventRequestBody.object(request)
        guard let id = try EventRequestBody.stream(body), var stream = try await stream(id, receiver) else {
            return .noSuchStream
        }
        try form.apply(body, replacesAll: request.method == .put, to: &stream)
        let receipt = try await OAuthError.attempt(await streams.update(stream))
        guard try await OAuthError.attempt(await receipt.outcome) else { return .noSuchStream }
        waits.wake(stream.id)
        return .json(form.json(stream).serialized())
    }

    private func drop(
        _ request: Request,
        _ receiver: EventReceivers.Receiver,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        guard let text = try Self.identifier(in: request) else {
            throw OAuthError(.invalidRequest, "stream_id is required")
        }
        guard let stream = try await stream(text, receiver) else { return .noSuchStream }
        let receipt = try await OAuthError.attempt(await streams.remove(stream.id, of: receiver.clientID))
        guard try await OAuthError.attempt(await receipt.outcome) else { return .noSuchStream }
        audit.record(.eventStreamDropped(stream), context: context)
        waits.wake(stream.id)
        return Response(status: .noContent, headerFields: [.cacheControl: "no-store"], body: [])
    }

    private static func identifier(in request: Request) throws(OAuthError) -> String? {
        let query: FormParameters
        do { query = try FormParameters(query: request.query ?? "") } catch {
            throw OAuthError(.invalidRequest, "the query is malformed")
        }
        return try query.once("stream_id")
    }

    private func stream(
        _ text: String,
        _ receiver: EventReceivers.Receiver
    ) async throws(OAuthError) -> EventStream? {
        guard let id = EventStreamID(text) else { return nil }
        return try await stream(id, receiver)
    }

    private func stream(
        _ id: EventStreamID,
        _ receiver: EventReceivers.Receiver
    ) async throws(OAuthError) -> EventStream? {
        try await OAuthError.attempt(await streams.stream(id, of: receiver.clientID))
    }
}

extension EventStreamEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                path: Self.path,
                name: "event_stream",
                methods: [
                    .method(.post, Self.making), .method(.get, Self.reading), .method(.patch, Self.changing("change")),
                    .method(.put, Self.changing("replace")), .method(.delete, Self.dropping),
                ]
            )
        ]
    }

    static let refused: [(status: Int, response: OpenAPIResponse)] = [
        (400, .error("The request is refused")), (401, .error("The caller is unknown or not authenticated")),
        (403, .error("The caller is no resource server")), (404, .error("There is no such stream")),
        (429, OpenAPIOperation.throttled), (500, OpenAPIOperation.failed), (503, OpenAPIOperation.unavailable),
    ]

    private static let body = OpenAPIBody(
        mediaType: "application/json",
        schema: [
            "type": "object",
            "properties": [
                "stream_id": ["type": "string"], "description": ["type": "string"],
                "events_requested": ["type": "array", "items": ["type": "string"]], "delivery": delivery,
            ],
        ]
    )

    private static let delivery: JSONValue = [
        "type": "object", "required": ["method"],
        "properties": [
            "method": ["enum": .strings(EventStreamForm.methods)], "endpoint_url": ["type": "string"],
            "authorization_header": ["type": "string", "writeOnly": true],
        ],
    ]

    private static let making = OpenAPIOperation(
        id: "makeEventStream",
        summary: "Makes a stream of security events about the caller's resources (SSF 1.0).",
        body: body,
        security: ["clientBasic"],
        responses: [(201, .json("The stream", .stream))] + refused
    )

    private static let reading = OpenAPIOperation(
        id: "readEventStreams",
        summary: "Returns the stream that stream_id names, or a list of all streams of the caller.",
        parameters: [OpenAPIParameter(name: "stream_id")],
        security: ["clientBasic"],
        responses: [(200, .json("The stream, or the list", .streamOrList))] + refused
    )

    private static func changing(_ verb: String) -> OpenAPIOperation {
        OpenAPIOperation(
            id: "\(verb)EventStream",
            summary: "Changes a stream: PATCH the members that are sent, PUT all of them.",
            body: body,
            security: ["clientBasic"],
            responses: [(200, .json("The stream", .stream))] + refused
        )
    }

    private static let dropping = OpenAPIOperation(
        id: "dropEventStream",
        summary: "Drops a stream.",
        parameters: [OpenAPIParameter(name: "stream_id", isRequired: true)],
        security: ["clientBasic"],
        responses: [(204, .empty("The stream is gone"))] + refused
    )
}

extension OpenAPISchema {
    fileprivate static let stream = OpenAPISchema(
        "EventStream",
        required: ["stream_id", "iss", "aud", "delivery"],
        [
            "stream_id": ["type": "string"], "iss": ["type": "string"], "aud": ["type": "string"],
            "delivery": ["type": "object"], "events_supported": texts, "events_requested": texts,
            "events_delivered": texts, "description": ["type": "string"],
        ]
    )

    fileprivate static let streamOrList = OpenAPISchema(
        "EventStreamOrList",
        ["anyOf": [["$ref": "#/components/schemas/EventStream"], ["type": "array", "items": ["type": "object"]]]]
    )
}
