import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// SSF 1.0 §8.1.4: a receiver asks for a security event (RFC 8417), to see that the stream works.
struct EventStreamVerificationEndpoint: Endpoint {
    let receivers: EventReceivers
    let streams: any EventStreamStore
    let waits: EventWaits

    /// The path, relative to the issuer.
    static let path = "/ssf/verify"
    /// How long a stream waits between two verifications.
    static let interval = Duration.seconds(5)

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let receiver = try await receivers.receiver(request, context)
            let body = try EventRequestBody.object(request)
            guard let id = try EventRequestBody.stream(body),
                var stream = try await OAuthError.attempt(await streams.stream(id, of: receiver.clientID))
            else { return .noSuchStream }
            if let earlier = stream.verification {
                let age = context.now - earlier.requestedAt
                // A clock that is set back must not lengthen the wait.
                guard age < .zero || age >= Self.interval else {
                    throw OAuthError(
                        .tooManyRequests,
                        "the last verification was asked for a moment ago",
                        retryAfter: Self.interval - age
                    )
                }
            }
            stream.verification = EventStream.Verification(
                // The time in milliseconds: a number that no earlier verification of the stream has.
                number: UInt64(clamping: context.now.millisecondsSinceEpoch),
                state: try EventRequestBody.text("state", in: body),
                requestedAt: context.now
            )
            let receipt = try await OAuthError.attempt(await streams.update(stream))
            guard try await OAuthError.attempt(await receipt.outcome) else { return .noSuchStream }
            waits.wake(stream.id)
            return Response(status: .noContent, headerFields: [.cacheControl: "no-store"], body: [])
        } catch {
            return await receivers.refusal(error, request, context)
        }
    }
}

extension EventStreamVerificationEndpoint {
    var surfaces: [Surface] {
        [Surface(.post, Self.path, name: "event_verify", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "verifyEventStream",
        summary: "Asks for a verification event on a stream.",
        body: OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object", "required": ["stream_id"],
                "properties": ["stream_id": ["type": "string"], "state": ["type": "string"]],
            ]
        ),
        security: ["clientBasic"],
        responses: [(204, .empty("The event is on its way"))] + EventStreamEndpoint.refused
    )
}
