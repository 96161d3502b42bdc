import OAuthProtocol
import Synchronization

/// Lets a ``TokenVerifier`` refuse what has ended before its time, without a request per token: it subscribes to the
/// security events of the issuer (OpenID SSF 1.0, CAEP `session-revoked`), by polls that wait (RFC 8936).
///
/// Call ``start()`` before the first request is served, ``run(pause:)`` in a task of the server (it ends when that task
/// is cancelled), and ``close()`` after it. Gatehouse needs `shared_signals: {enabled: true}`.
///
/// An event that cannot be read refuses every token that was issued until then: clients refresh. While the issuer does
/// not answer, the verifier knows what it knew before, and ``state`` says since when.
public final class RevocationFeed: Sendable {
    /// How much the verifier knows; times are in seconds since 1970.
    public enum State: Sendable, Hashable {
        /// Nothing was asked yet: the verifier refuses nothing.
        case idle
        /// Everything that had ended at this time is refused.
        case following(asOf: Int64)
        /// The issuer has not answered since this time; what ended later is not known.
        case interrupted(since: Int64, reason: String)
        /// The feed was closed.
        case closed
    }

    private struct Memory {
        var state = State.idle
        var stream: RevocationStream?
        /// When the issuer answered last.
        var answeredAt: Int64?
    }

    let verifier: TokenVerifier
    let clientID: String
    private let authorization: String
    private let now: @Sendable () -> Int64
    private let send: @Sendable (IssuerRequest) async throws -> IssuerAnswer
    private let memory = Mutex(Memory())

    /// Pauses after failures, in seconds; the last one repeats.
    static let pausesSeconds: [Int64] = [1, 2, 5, 10, 30]
    /// The longest answer that is read, in bytes.
    static let answerByteCountMax = 4 << 20

    /// A feed for a verifier, which sends nothing yet.
    ///
    /// - Parameters:
    ///   - verifier: The verifier that refuses what has ended.
    ///   - clientID: The `client_id` of this resource server at the issuer.
    ///   - clientSecret: Its secret.
    ///   - now: The time, in seconds since 1970.
    ///   - send: Sends a request and returns the answer, whatever its status; it follows no redirect.
    public init(
        verifier: TokenVerifier,
        clientID: String,
        clientSecret: String,
        now: @escaping @Sendable () -> Int64,
        send: @escaping @Sendable (IssuerRequest) async throws -> IssuerAnswer
    ) {
        self.verifier = verifier
        self.clientID = clientID
        authorization = TokenVerifier.basic(clientID, clientSecret)
        self.now = now
        self.send = send
    }

    /// How much the verifier knows.
    public var state: State { memory.withLock(\.state) }

    /// How many sessions and tokens are refused by name, at most 200,000 of each.
    public var refusedCount: Int { verifier.revoked.count }

    /// Returns once everything is known that has ended so far.
    ///
    /// - Throws: ``VerificationError/unavailable(reason:)``, also when the issuer offers no events or refuses the
    ///   credentials.
    public func start() async throws(VerificationError) {
        do throws(VerificationError) {
            try await catchUp()
        } catch {
            interrupt(error)
            throw error
        }
    }

    /// Follows what ends, and tries again whenever the issuer does not answer, until the task is cancelled.
    ///
    /// - Parameter pause: Waits; a test moves a clock instead.
    public func run(
        pause: @Sendable (_ duration: Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    ) async {
        var failures = 0
        while !Task.isCancelled, state != .closed {
            do throws(VerificationError) {
                if let stream = memory.withLock(\.stream) {
                    _ = try await poll(stream, waits: true)
                } else {
                    try await catchUp()
                }
                failures = 0
            } catch {
                guard !Task.isCancelled else { return }
                interrupt(error)
                let seconds = Self.pausesSeconds[min(failures, Self.pausesSeconds.count - 1)]
                failures += 1
                // It is interrupted only when the task is cancelled, which the loop sees.
                try? await pause(.seconds(seconds))
            }
        }
    }

    /// Drops the stream, so that the issuer keeps nothing for this process.
    ///
    /// A stream that is not dropped, because the process has crashed, is dropped by the issuer after two days.
    public func close() async {
        let stream = memory.withLock { memory in
            defer { (memory.stream, memory.state) = (nil, .closed) }
            return memory.stream
        }
        guard let stream else { return }
        let url = stream.configuration + "?stream_id=" + PercentEncoding.encode(stream.id)
        // As with a crash: the issuer drops it later.
        _ = try? await send(request("DELETE", url))
    }

    // MARK: - The stream

    private func interrupt(_ error: VerificationError) {
        let now = now()
        memory.withLock { memory in
            guard memory.state != .closed else { return }
            memory.state = .interrupted(since: memory.answeredAt ?? now, reason: "\(error)")
        }
    }

    /// Makes a stream where there is none, and takes everything that it says at once.
    private func catchUp() async throws(VerificationError) {
        // A stream that the issuer has dropped in the meantime is replaced once: the new one says everything.
        for _ in 0..<2 {
            guard state != .closed else { return }
            if memory.withLock(\.stream) == nil {
                let made = try await subscribe()
                memory.withLock { memory in
                    if memory.state != .closed { memory.stream = made }
                }
            }
            while let stream = memory.withLock(\.stream), try await poll(stream, waits: false) {}
            if memory.withLock({ $0.stream != nil || $0.state == .closed }) { return }
        }
        throw .unavailable(reason: "the issuer drops its stream of events at once")
    }

    private func subscribe() async throws(VerificationError) -> RevocationStream {
        guard let url = RevocationStream.metadataURL(of: verifier.issuer) else {
            throw .unavailable(reason: "the issuer is not a URL")
        }
        let metadata = try await answer("GET", url)
        guard metadata["issuer"]?.stringValue == verifier.issuer,
            metadata["delivery_methods_supported"]?.stringArrayValue?.contains(RevocationStream.pollMethod) == true,
            let configuration = metadata["configuration_endpoint"]?.stringValue
        else { throw .unavailable(reason: "\(url) is another issuer's, or offers no poll") }
        let made = try await answer(
            "POST",
            configuration,
            ["delivery": ["method": .string(RevocationStream.pollMethod)]]
        )
        guard let stream = RevocationStream(made, configuration: configuration) else {
            throw .unavailable(reason: "\(configuration) does not say where events are polled")
        }
        return stream
    }

    /// Takes the next events; true if there are more at once.
    private func poll(_ stream: RevocationStream, waits: Bool) async throws(VerificationError) -> Bool {
        guard let answer = try await answerIfAny("POST", stream.endpoint, stream.poll(waits: waits)) else {
            // The issuer has dropped it; a new one says everything again.
            memory.withLock { $0.stream = nil }
            return false
        }
        var next = stream
        next.forgetAcknowledged()
        for event in answer["sets"]?.objectValue?.members ?? [] {
            // An acknowledgement that was lost: the event was taken already.
            guard !stream.hasTaken(event.name) else {
                next.acknowledge(event.name, isUnreadable: stream.isUnreadable(event.name))
                continue
            }
            let isRead = try await take(event.value.stringValue ?? "")
            next.acknowledge(event.name, isUnreadable: !isRead)
        }
        let now = now()
        let hasMore = answer["moreAvailable"]?.boolValue ?? false
        memory.withLock { memory in
            guard memory.state != .closed else { return }
            memory.stream = next
            // Before the last of it, something that has ended may still be unknown.
            guard !hasMore else { return }
            memory.answeredAt = now
            memory.state = .following(asOf: now)
        }
        return hasMore
    }

    /// Refuses what an event says has ended; false for an event that cannot be read, which might be about any token.
    private func take(_ token: String) async throws(VerificationError) -> Bool {
        do throws(VerificationError) {
            try verifier.take(try await verifier.event(token, for: clientID, now: now()), now: now())
            return true
        } catch {
            // Without keys nothing is known about it: it comes again.
            if case .unavailable = error { throw error }
            verifier.revoked.refuseAll(until: now())
            return false
        }
    }

    // MARK: - Requests

    private func request(_ method: String, _ url: String, _ body: JSONObject? = nil) -> IssuerRequest {
        IssuerRequest(
            method: method,
            url: url,
            authorization: authorization,
            contentType: "application/json",
            body: body?.serialized() ?? []
        )
    }

    private func answer(
        _ method: String,
        _ url: String,
        _ body: JSONObject? = nil
    ) async throws(VerificationError) -> JSONObject {
        guard let answer = try await answerIfAny(method, url, body) else {
            throw .unavailable(reason: "\(url) answers 404")
        }
        return answer
    }

    /// The body of an answer; `nil` for 404.
    private func answerIfAny(
        _ method: String,
        _ url: String,
        _ body: JSONObject?
    ) async throws(VerificationError) -> JSONObject? {
        let answer: IssuerAnswer
        do {
            answer = try await send(request(method, url, body))
        } catch {
            throw .unavailable(reason: "\(url) cannot be read: \(error)")
        }
        if answer.status == 404 { return nil }
        guard answer.status == 200 || answer.status == 201 else {
            throw .unavailable(reason: "\(url) answers \(answer.status)")
        }
        guard answer.body.count <= Self.answerByteCountMax else {
            throw .unavailable(reason: "the answer of \(url) is too long")
        }
        do {
            return try JSONParser.parseObject(answer.body)
        } catch {
            throw .unavailable(reason: "the answer of \(url) is no JSON object")
        }
    }
}

extension RevocationFeed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The issuer and the state; never the credentials.
    public var description: String { "events of \(verifier.issuer): \(state)" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
