import OAuthProtocol
import OAuthState

/// RFC 8417: a security event for one receiver, before it is signed.
struct SecurityEvent: Sendable {
    /// The types of events, as their URIs.
    enum Kind: String, CaseIterable, Sendable {
        /// OpenID CAEP 1.0 §3.1: tokens of the subject are no longer valid.
        case sessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
        /// SSF 1.0 §8.1.4: the answer to a request for verification.
        case verification = "https://schemas.openid.net/secevent/ssf/event-type/verification"
        /// SSF 1.0 §8.1.5: the transmitter changed something about the stream.
        case streamUpdated = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated"
    }

    /// What happened.
    let kind: Kind
    /// `jti`: the same whenever the event is delivered again.
    let identifier: String
    /// `sub_id` (RFC 9493).
    let subject: JSONObject
    /// The members of the event.
    let content: JSONObject

    /// The claims of the token.
    ///
    /// - Parameters:
    ///   - issuer: The transmitter.
    ///   - audience: The receiver's client id.
    ///   - now: The time.
    /// - Returns: RFC 8417 §2.2: claims without `sub` and `exp`, so that no verifier takes them for an access token's.
    func claims(issuer: Issuer, audience: String, now: Timestamp) -> JSONObject {
        [
            "iss": .string(issuer.text), "jti": .string(identifier),
            "iat": .integer(Int(now.secondsSinceEpoch)), "aud": .string(audience), "sub_id": .object(subject),
            "events": .object([kind.rawValue: .object(content)]),
        ]
    }

    /// RFC 8417 §2.3: the `typ` of security event tokens, which no verifier of access tokens accepts.
    static let tokenType = "secevent+jwt"
}

/// The `jti` of an event names its stream and its place in it, so that an acknowledgement needs no table.
struct EventIdentifier: Hashable, Sendable {
    /// Which event of the stream.
    enum Place: Hashable, Sendable {
        /// The ending with this number.
        case ending(UInt64)
        /// Endings up to this number were dropped.
        case loss(UInt64)
        /// The notice about that loss.
        case lossNotice(UInt64)
        /// The verification with this number.
        case verification(UInt64)
        /// The notice that this server has paused the stream, by its time in milliseconds.
        case pauseNotice(UInt64)
    }

    let stream: EventStreamID
    let place: Place

    /// The text of the `jti`.
    var text: String {
        switch place {
        case .ending(let number): "\(stream.text).e\(number)"
        case .loss(let number): "\(stream.text).l\(number)"
        case .lossNotice(let number): "\(stream.text).n\(number)"
        case .verification(let number): "\(stream.text).v\(number)"
        case .pauseNotice(let number): "\(stream.text).p\(number)"
        }
    }

    init(_ stream: EventStreamID, _ place: Place) {
        self.stream = stream
        self.place = place
    }

    /// Reads a `jti`; `nil` for one that is none of ours.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let stream = EventStreamID(String(parts[0])), let kind = parts[1].first,
            let number = UInt64(parts[1].dropFirst())
        else { return nil }
        switch kind {
        case "e": self.init(stream, .ending(number))
        case "l": self.init(stream, .loss(number))
        case "n": self.init(stream, .lossNotice(number))
        case "v": self.init(stream, .verification(number))
        case "p": self.init(stream, .pauseNotice(number))
        default: return nil
        }
    }
}

extension SecurityEvent {
    /// What a receiver must know about an ending.
    init(_ ending: Ending, of stream: EventStreamID, issuer: Issuer) {
        kind = .sessionRevoked
        identifier = EventIdentifier(stream, .ending(ending.sequence)).text
        switch ending.subject {
        case .session(let id, let userID):
            // SSF 1.0 §3.2: this session of this user, and no other one of the user's.
            subject = [
                "format": "complex",
                "session": ["format": "opaque", "id": .string(id.text)],
                "user": ["format": "iss_sub", "iss": .string(issuer.text), "sub": .string(userID.text)],
            ]
        case .accessToken(let identifier):
            // SSF 1.0 §3.5.1: one token, whose session goes on.
            subject = ["format": "jwt_id", "iss": .string(issuer.text), "jti": .string(identifier)]
        }
        content = Self.moment(ending.endedAt)
    }

    /// Every token that was issued until then may belong to an ending that was dropped: none is accepted.
    init(_ loss: EndingLoss, of stream: EventStreamID, issuer: Issuer) {
        kind = .sessionRevoked
        identifier = EventIdentifier(stream, .loss(loss.sequence)).text
        subject = ["format": "complex", "tenant": ["format": "opaque", "id": .string(issuer.text)]]
        content = Self.moment(loss.endedAt + Self.precision)
    }

    /// SSF 1.0 §8.1.5: the stream goes on after a loss.
    init(noticeOf loss: EndingLoss, of stream: EventStream) {
        kind = .streamUpdated
        identifier = EventIdentifier(stream.id, .lossNotice(loss.sequence)).text
        subject = Self.subject(of: stream)
        content = [
            "status": .string(stream.status.rawValue),
            "reason": "events were dropped because too many were waiting; earlier tokens are revoked as a whole",
        ]
    }

    /// SSF 1.0 §8.1.5: this server has paused the stream.
    init(pauseOf stream: EventStream, reason: String, now: Timestamp) {
        kind = .streamUpdated
        identifier = EventIdentifier(stream.id, .pauseNotice(UInt64(clamping: now.millisecondsSinceEpoch))).text
        subject = Self.subject(of: stream)
        content = ["status": .string(EventStream.Status.paused.rawValue), "reason": .string(reason)]
    }

    /// SSF 1.0 §8.1.4: what a receiver asked for to see that the stream works.
    init(_ verification: EventStream.Verification, of stream: EventStream) {
        kind = .verification
        identifier = EventIdentifier(stream.id, .verification(verification.number)).text
        subject = Self.subject(of: stream)
        content = verification.state.map { ["state": .string($0)] } ?? [:]
    }

    private static func subject(of stream: EventStream) -> JSONObject {
        ["format": "opaque", "id": .string(stream.id.text)]
    }

    // CAEP 1.0 §2: in seconds; left out while the store does not know the time.
    private static func moment(_ moment: Timestamp) -> JSONObject {
        moment.secondsSinceEpoch > 0 ? ["event_timestamp": .integer(Int(moment.secondsSinceEpoch))] : [:]
    }

    /// How much earlier than the end itself the time of an ending may be.
    private static let precision = Duration.seconds(2)
}
