import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// RFC 8936: a receiver fetches the events of a stream, acknowledges earlier ones, and may wait for the next.
struct EventPollEndpoint: Endpoint {
    let receivers: EventReceivers
    let delivery: EventDelivery
    let waits: EventWaits

    /// The path before the stream's id.
    static let path = "/ssf/poll/"

    /// The most events of one answer.
    private static let eventCountMax = 100

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let receiver = try await receivers.receiver(request, context)
            let patience = waits.begin()
            guard let id = request.pathParameter.flatMap(EventStreamID.init),
                let stream = try await stream(id, receiver)
            else { return .noSuchStream }
            guard stream.push == nil else {
                throw OAuthError(.invalidRequest, "the events of this stream are pushed")
            }
            let poll = try EventPoll(request)
            guard let current = try await acknowledge(poll, stream, receiver, context) else { return .noSuchStream }
            let batch = try await batch(poll, current, receiver, patience, context)
            return .json(Self.json(batch).serialized())
        } catch {
            return await receivers.refusal(error, request, context)
        }
    }

    private func stream(
        _ id: EventStreamID,
        _ receiver: EventReceivers.Receiver
    ) async throws(OAuthError) -> EventStream? {
        try await OAuthError.attempt(await delivery.store.streams.stream(id, of: receiver.clientID))
    }

    /// The stream after the poll's acknowledgements; `nil` if it is gone.
    private func acknowledge(
        _ poll: EventPoll,
        _ stream: EventStream,
        _ receiver: EventReceivers.Receiver,
        _ context: RequestContext
    ) async throws(OAuthError) -> EventStream? {
        let known = try await delivery.acknowledgement(of: poll.acknowledged, stream, for: receiver)
        return try await note(known, stream, context)
    }

    private func note(
        _ acknowledgement: StreamAcknowledgement,
        _ stream: EventStream,
        _ context: RequestContext
    ) async throws(OAuthError) -> EventStream? {
        var noted = stream
        guard noted.note(acknowledgement, now: context.now) else { return stream }
        let receipt = try await OAuthError.attempt(
            await delivery.store.streams.acknowledge(acknowledgement, of: stream.id, now: context.now)
        )
        return try await OAuthError.attempt(await receipt.outcome) ? noted : nil
    }

    // RFC 8936 §2.4: waits for the first event unless it was asked not to, and looks once more when it is woken.
    private func batch(
        _ poll: EventPoll,
        _ stream: EventStream,
        _ receiver: EventReceivers.Receiver,
        _ patience: EventWaits.Patience,
        _ context: RequestContext
    ) async throws(OAuthError) -> EventDelivery.Batch {
        var patience = patience
        let none = EventDelivery.Batch(reached: stream.position, passed: stream.position)
        // An answer without events was asked for, to acknowledge only.
        guard poll.eventCountMax > 0 else { return none }
        var current = stream
        while true {
            var batch = none
            if current.status == .enabled {
                batch = try await delivery.batch(
                    current,
                    for: receiver,
                    limit: min(poll.eventCountMax, Self.eventCountMax),
                    now: context.now
                )
            }
            try await pass(batch, current, context)
            guard batch.events.isEmpty, !poll.returnsImmediately else { return batch }
            let seen = current.status == .enabled ? batch.reached : .max
            guard await waits.wait(stream.id, seen: seen, &patience),
                let changed = try await self.stream(stream.id, receiver)
            else { return batch }
            let passed = batch.passed
            current = changed
            current.position = max(changed.position, passed)
        }
    }

    // Endings of other resources are not read again and again.
    private func pass(
        _ batch: EventDelivery.Batch,
        _ stream: EventStream,
        _ context: RequestContext
    ) async throws(OAuthError) {
        guard batch.passed >= stream.position + EventDelivery.passedCountMax else { return }
        _ = try await note(StreamAcknowledgement(position: batch.passed), stream, context)
    }

    private static func json(_ batch: EventDelivery.Batch) -> JSONObject {
        [
            "sets": .object(JSONObject(batch.events.map { ($0.identifier, .string($0.token)) })),
            "moreAvailable": .bool(batch.hasMore),
        ]
    }
}

/// RFC 8936 §2.2: what a receiver asks for.
struct EventPoll: Sendable {
    /// The events that the receiver need not get again: those that it has processed, and those that it cannot read.
    let acknowledged: Set<EventIdentifier>
    /// How many events it takes.
    let eventCountMax: Int
    /// Whether it does not wait.
    let returnsImmediately: Bool

    /// Reads the body.
    ///
    /// - Throws: `invalid_request` for anything but a JSON object with members of the right types.
    init(_ request: Request) throws(OAuthError) {
        let body = try EventRequestBody.object(request)
        var identifiers: [String] = []
        if let value = body["ack"] {
            guard let texts = value.stringArrayValue else { throw Self.malformed("ack must be a list of strings") }
            identifiers = texts
        }
        if let value = body["setErrs"] {
            guard let errors = value.objectValue else { throw Self.malformed("setErrs must be an object") }
            identifiers += errors.names
        }
        acknowledged = Set(identifiers.compactMap(EventIdentifier.init))
        let count = body["maxEvents"].map(\.integerValue) ?? .max
        guard let count, count >= 0 else { throw Self.malformed("maxEvents must be a number from 0 on") }
        eventCountMax = count
        let immediate = body["returnImmediately"].map(\.boolValue) ?? false
        guard let immediate else { throw Self.malformed("returnImmediately must be true or false") }
        returnsImmediately = immediate
    }

    private static func malformed(_ text: String) -> OAuthError { OAuthError(.invalidRequest, text) }
}

extension EventPollEndpoint {
    var surfaces: [Surface] {
        [Surface(.post, Self.path + "{stream}", name: "event_poll", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "pollEvents",
        summary: "Returns security events of a stream, and waits for the first if there is none (RFC 8936).",
        parameters: [.inPath("stream")],
        body: OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object",
                "properties": [
                    "ack": ["type": "array", "items": ["type": "string"]], "setErrs": ["type": "object"],
                    "maxEvents": ["type": "integer"], "returnImmediately": ["type": "boolean"],
                ],
            ]
        ),
        security: ["clientBasic"],
        responses: [(200, .json("Signed events by their identifiers", .events))] + EventStreamEndpoint.refused
    )
}

extension OpenAPISchema {
    fileprivate static let events = OpenAPISchema(
        "SecurityEvents",
        required: ["sets", "moreAvailable"],
        ["sets": ["type": "object"], "moreAvailable": ["type": "boolean"]]
    )
}
