import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// SSF 1.0 §8.1.2: a receiver pauses, disables and enables a stream of security events (RFC 8417).
struct EventStreamStatusEndpoint: Endpoint {
    let receivers: EventReceivers
    let store: Stores.Signals
    let waits: EventWaits

    /// The path, relative to the issuer.
    static let path = "/ssf/status"

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let receiver = try await receivers.receiver(request, context)
            guard request.method == .post else {
                guard let stream = try await stream(try Self.identifier(in: request), receiver) else {
                    return .noSuchStream
                }
                return Self.answer(stream)
            }
            let body = try EventRequestBody.object(request)
            guard let stream = try await stream(try EventRequestBody.stream(body), receiver) else {
                return .noSuchStream
            }
            return try await change(stream, body, context)
        } catch {
            return await receivers.refusal(error, request, context)
        }
    }

    private func change(
        _ stream: EventStream,
        _ body: JSONObject,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        guard let status = body["status"]?.stringValue.flatMap(EventStream.Status.init) else {
            throw OAuthError(.invalidRequest, "status must be enabled, paused or disabled")
        }
        var changed = stream
        changed.status = status
        changed.reason = try EventRequestBody.text("reason", in: body)
        if stream.status == .disabled, status != .disabled { try await skip(stream, context) }
        let receipt = try await OAuthError.attempt(await store.streams.update(changed))
        guard try await OAuthError.attempt(await receipt.outcome) else { return .noSuchStream }
        waits.wake(stream.id)
        return Self.answer(changed)
    }

    // §8.1.2: what happened while the stream was disabled is not delivered later.
    private func skip(_ stream: EventStream, _ context: RequestContext) async throws(OAuthError) {
        let last = try await OAuthError.attempt(await store.endings.lastEnding())
        let receipt = try await OAuthError.attempt(
            await store.streams.acknowledge(StreamAcknowledgement(position: last), of: stream.id, now: context.now)
        )
        _ = try await OAuthError.attempt(await receipt.outcome)
    }

    private static func answer(_ stream: EventStream) -> Response {
        var json: JSONObject = ["stream_id": .string(stream.id.text), "status": .string(stream.status.rawValue)]
        if let reason = stream.reason { json["reason"] = .string(reason) }
        return .json(json.serialized())
    }

    private static func identifier(in request: Request) throws(OAuthError) -> EventStreamID? {
        let query: FormParameters
        do { query = try FormParameters(query: request.query ?? "") } catch {
            throw OAuthError(.invalidRequest, "the query is malformed")
        }
        return EventStreamID(try query.required("stream_id"))
    }

    private func stream(
        _ id: EventStreamID?,
        _ receiver: EventReceivers.Receiver
    ) async throws(OAuthError) -> EventStream? {
        guard let id else { return nil }
        return try await OAuthError.attempt(await store.streams.stream(id, of: receiver.clientID))
    }
}

extension EventStreamStatusEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                path: Self.path,
                name: "event_status",
                methods: [.method(.get, Self.reading), .method(.post, Self.changing)]
            )
        ]
    }

    private static let reading = OpenAPIOperation(
        id: "readEventStreamStatus",
        summary: "Returns whether events of a stream are delivered.",
        parameters: [OpenAPIParameter(name: "stream_id", isRequired: true)],
        security: ["clientBasic"],
        responses: [(200, .json("The status", .streamStatus))] + EventStreamEndpoint.refused
    )

    private static let changing = OpenAPIOperation(
        id: "changeEventStreamStatus",
        summary: "Enables, pauses or disables a stream.",
        body: OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object", "required": ["stream_id", "status"],
                "properties": [
                    "stream_id": ["type": "string"], "status": ["enum": ["enabled", "paused", "disabled"]],
                    "reason": ["type": "string"],
                ],
            ]
        ),
        security: ["clientBasic"],
        responses: [(200, .json("The status", .streamStatus))] + EventStreamEndpoint.refused
    )
}

extension OpenAPISchema {
    fileprivate static let streamStatus = OpenAPISchema(
        "EventStreamStatus",
        required: ["stream_id", "status"],
        ["stream_id": ["type": "string"], "status": ["type": "string"], "reason": ["type": "string"]]
    )
}
