import OAuthProtocol
import OAuthState

/// SSF 1.0 §8.1.1: the configuration of a stream, as its receiver writes and reads it.
struct EventStreamForm: Sendable {
    let issuer: Issuer
    let pushes: EventPushTerms

    /// RFC 8936: the receiver polls, which is also what it gets without a word about it.
    static let pollMethod = "urn:ietf:rfc:8936"
    /// RFC 8935: this server pushes.
    static let pushMethod = "urn:ietf:rfc:8935"
    /// The ways of delivery.
    static let methods = [pollMethod, pushMethod]

    /// Changes a stream as the receiver asks.
    ///
    /// - Throws: `invalid_request` for a member of another type, a way of delivery that is not offered, or an address
    ///   that nothing is pushed to.
    func apply(_ body: JSONObject, replacesAll: Bool, to stream: inout EventStream) throws(OAuthError) {
        if let value = body["delivery"] {
            guard let delivery = value.objectValue, let method = delivery["method"]?.stringValue else {
                throw OAuthError(.invalidRequest, "delivery must be an object with a method")
            }
            switch method {
            case Self.pollMethod: stream.push = nil
            case Self.pushMethod: stream.push = try pushes.push(delivery, of: stream.id)
            default:
                let offered = Self.methods.joined(separator: " or ")
                throw OAuthError(.invalidRequest, "the delivery method must be \(offered)")
            }
        } else if replacesAll {
            stream.push = nil
        }
        if replacesAll || body["description"] != nil {
            stream.summary = try EventRequestBody.text("description", in: body)
        }
        if let value = body["events_requested"] {
            guard let events = value.stringArrayValue, events.count <= 100 else {
                throw OAuthError(.invalidRequest, "events_requested must be a list of at most 100 strings")
            }
            // What is not known here is never delivered, so it need not be stored.
            let known = Set(SecurityEvent.Kind.allCases.map(\.rawValue))
            stream.requestedEvents = events.filter(known.contains)
        } else if replacesAll {
            stream.requestedEvents = nil
        }
    }

    /// The stream as its receiver sees it; the value that is sent along with pushed events is not shown again.
    func json(_ stream: EventStream) -> JSONObject {
        var json: JSONObject = [
            "stream_id": .string(stream.id.text), "iss": .string(issuer.text), "aud": .string(stream.clientID),
            "delivery": [
                "method": .string(stream.push == nil ? Self.pollMethod : Self.pushMethod),
                "endpoint_url": .string(
                    stream.push?.endpoint ?? issuer.text + EventPollEndpoint.path + stream.id.text
                ),
            ],
            "events_supported": .strings(SecurityEvent.Kind.allCases.map(\.rawValue)),
            "events_delivered": .strings(SecurityEvent.Kind.allCases.filter(stream.delivers).map(\.rawValue)),
            "min_verification_interval": .integer(Int(EventStreamVerificationEndpoint.interval.wholeSeconds)),
        ]
        // A stream that is pushed is in use by itself.
        if stream.push == nil { json["inactivity_timeout"] = .integer(Int(EventStream.lifetime.wholeSeconds)) }
        if let events = stream.requestedEvents { json["events_requested"] = .strings(events) }
        if let summary = stream.summary { json["description"] = .string(summary) }
        return json
    }
}
