import OAuthProtocol
import OAuthState
import OutboundHTTP

/// RFC 8935 §2: sends one security event (RFC 8417) to its receiver, and understands the answer.
struct EventPusher: Sendable {
    let transport: any OutboundTransport
    let terms: EventPushTerms

    /// What has become of one event.
    enum Verdict: Hashable, Sendable {
        /// The receiver has it.
        case delivered
        /// The receiver cannot read this one event, and never will.
        case refused(String)
        /// The receiver wants no event in this way, until somebody changes something.
        case unusable(String)
        /// It may be taken later.
        case failed(String)
        /// This server has too many requests under way, which says nothing about the receiver.
        case busy
    }

    /// How long one request may take in all.
    static let timeout = Duration.seconds(5)

    /// Sends an event and waits for the answer.
    func push(_ token: String, to push: EventPush, of stream: EventStreamID) async -> Verdict {
        // RFC 8935 §2.1: the token is the whole body.
        var fields = [
            (name: "Content-Type", value: "application/secevent+jwt"), (name: "Accept", value: "application/json"),
        ]
        if let sealed = push.sealedAuthorization {
            guard let authorization = terms.authorization(sealed, of: stream) else {
                return .unusable("authorization_header cannot be read any longer; set the delivery again")
            }
            fields.append((name: "Authorization", value: authorization.value))
        }
        let request = OutboundRequest(
            method: "POST",
            url: push.endpoint,
            headerFields: fields,
            body: Array(token.utf8),
            limits: .init(
                connectTimeout: .seconds(3),
                totalTimeout: Self.timeout,
                responseBytesMax: 16 << 10,
                headerBytesMax: 16 << 10
            ),
            addressPolicy: terms.addressPolicy
        )
        do {
            return Self.verdict(try await transport.send(request))
        } catch {
            if case .overloaded = error.code { return .busy }
            return .failed(Self.words(error))
        }
    }

    private static func verdict(_ response: OutboundResponse) -> Verdict {
        switch response.status {
        // RFC 8935 §2.2: this status and no other one acknowledges.
        case 202: .delivered
        case 400: refusal(response)
        default: .failed("the receiver answered with status \(response.status) instead of 202")
        }
    }

    // RFC 8935 §2.3 and §2.4.
    private static func refusal(_ response: OutboundResponse) -> Verdict {
        // A body that says nothing is like any other failure: the receiver may have been unable to look.
        guard let body = try? JSONParser.parseObject(response.body), let code = body["err"]?.stringValue else {
            return .failed("the receiver answered with status 400 and no error code")
        }
        let words = body["description"]?.stringValue.map { ": " + Self.readable($0) } ?? ""
        switch code {
        case "invalid_request": return .refused(code + words)
        case "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied":
            return .unusable("the receiver answered \(code)" + words)
        // The receiver may know the key after it has read the key set again.
        case "invalid_key": return .failed("the receiver answered invalid_key" + words)
        default: return .failed("the receiver answered with an unknown error code")
        }
    }

    // The receiver's words go into the audit trail and the status of the stream.
    private static func readable(_ text: String) -> String {
        String(text.unicodeScalars.lazy.filter { (0x20...0x7E).contains($0.value) }.prefix(200).map(Character.init))
    }

    // Only the class of the failure: which ports answer is not for the receiver to learn (CM-6).
    private static func words(_ error: OutboundError) -> String {
        switch error.code {
        case .addressRefused, .invalidURL: "the receiver's address is not one that events are pushed to"
        case .timeout: "the receiver did not answer in time"
        case .tooLarge, .protocolError: "the receiver's answer is not one that is understood"
        case .overloaded, .cancelled: "the event was not sent"
        case .resolveFailed, .connectFailed, .connectionLost, .tls, .invalidRequest, .invalidConfiguration:
            "the receiver could not be reached"
        }
    }
}
