import AuthorizationServer
import Foundations
import HTTPTypes
import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Synchronization
import UpstreamIdentity

/// One login at a provider in the operator's browser, which comes back to a listener on loopback.
///
/// It is a login like any other: state, PKCE, nonce, and every check of the answer. Nothing is stored.
final class UpstreamTrial: RequestResponder {
    /// How a trial ended.
    enum Outcome: Sendable {
        /// The provider's result, checked.
        case login(UpstreamLogin)
        /// What failed, with the reason for the operator.
        case failure(UpstreamError)
        /// The provider sent an error; its words are shown to the operator alone.
        case refusal(error: String, description: String?)
        /// No browser came back in time.
        case timeout
    }

    /// The provider, with the trial's redirect URI.
    let provider: UpstreamProvider
    /// The redirect URI that must be registered at the provider for the trial.
    let redirectURI: String
    /// Where the operator's browser starts.
    let startURL: String
    private let callbackPath: String
    private let makeServer: @Sendable (any RequestResponder) throws -> HTTPServer
    private let random: any RandomSource
    private let running = Mutex<HTTPServer?>(nil)
    private let pending = Mutex<Pending?>(nil)
    private let outcomes: AsyncStream<Outcome>
    private let continuation: AsyncStream<Outcome>.Continuation

    private struct Pending: Sendable {
        let state: UpstreamState
        let verifier: CodeVerifier
        let nonce: String?
        let binding: BrowserBinding
    }

    private static let cookie = "gatehouse-trial"

    /// Prepares a trial; nothing is sent or opened before ``start()``.
    ///
    /// - Parameters:
    ///   - upstream: The upstream to try.
    ///   - issuer: The server's issuer: the trial uses the same path for its redirect URI.
    ///   - reservation: The port on loopback.
    ///   - transport: Sends the requests to the provider.
    ///   - timeSource: The wall clock.
    ///   - random: The source of state, verifier and nonce.
    ///   - logger: Receives failures.
    /// - Throws: ``UpstreamError`` `misconfigured`.
    init(
        _ upstream: Configuration.Upstream,
        issuer: Issuer,
        reservation: PortReservation,
        transport: any OutboundTransport,
        timeSource: any TimeSource,
        random: any RandomSource = SystemRandomSource(),
        logger: Logger
    ) throws(UpstreamError) {
        var settings = try upstream.providerConfiguration(issuer: issuer)
        guard settings.clientID != nil else {
            throw UpstreamError(.misconfigured, "an upstream that registers itself can be tried only by the server")
        }
        let base = "http://\(reservation.address)"
        callbackPath = CallbackEndpoint.path + "/" + upstream.name
        redirectURI = base + callbackPath
        startURL = base + "/"
        settings.callbackURL = redirectURI
        provider = try UpstreamProvider(
            configuration: settings,
            transport: transport,
            timeSource: timeSource,
            random: random,
            logger: logger
        )
        self.random = random
        makeServer = { responder in
            var settings = SocketHTTP.ServerConfiguration(
                listeners: [.init(address: reservation.address, reservation: reservation)]
            )
            settings.eventLoopCount = 1
            return try HTTPServer(configuration: settings, responder: responder, logger: logger)
        }
        (outcomes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Opens the listener.
    func start() async throws {
        let server = try makeServer(self)
        _ = try await server.start()
        running.withLock { $0 = server }
    }

    /// The outcome, once there is one, or ``Outcome/timeout``.
    func outcome(within limit: Duration) async -> Outcome {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask { [outcomes] in
                for await outcome in outcomes { return outcome }
                return .timeout
            }
            group.addTask {
                // Cancelled once there is an outcome.
                try? await Task.sleep(for: limit)
                return .timeout
            }
            defer { group.cancelAll() }
            return await group.next() ?? .timeout
        }
    }

    /// Closes the listener.
    func stop() async {
        let server = running.withLock { server in
            defer { server = nil }
            return server
        }
        // The browser's last page is on its way.
        await server?.drain(gracePeriod: .seconds(2))
        await server?.shutdown(gracePeriod: .zero)
    }

    func respond(to request: Request) async -> Response {
        switch (request.method, request.path) {
        case (.get, "/"): await begin()
        case (.get, callbackPath): await finish(request.query ?? "", request)
        case (.post, callbackPath): await finish(String(decoding: request.body, as: UTF8.self), request)
        default: Self.page("There is nothing at this address.", status: .notFound)
        }
    }

    private func begin() async -> Response {
        let attempt = Pending(
            state: UpstreamState(random: random),
            verifier: CodeVerifier(random: random),
            nonce: provider.usesNonce ? Base64URL.encode(random.bytes(16)) : nil,
            binding: BrowserBinding(random: random)
        )
        do {
            let url = try await provider.authorizationURL(
                UpstreamAuthorizationRequest(
                    state: attempt.state,
                    challenge: CodeChallenge(verifier: attempt.verifier),
                    nonce: attempt.nonce
                )
            )
            pending.withLock { $0 = attempt }
            return Response(
                status: .found,
                headerFields: [
                    .location: url, .cacheControl: "no-store",
                    .setCookie: "\(Self.cookie)=\(attempt.binding.wireValue); Path=/; HttpOnly; SameSite=Lax",
                ]
            )
        } catch {
            continuation.yield(.failure(error))
            return Self.page("The login could not begin. The terminal says why.", status: .badGateway)
        }
    }

    // CO-3, D-51: the answer counts only with the state that was sent, in the browser that it was sent by.
    private func finish(_ answer: String, _ request: Request) async -> Response {
        // An answer that cannot be read is none of ours.
        guard let form = try? FormParameters(query: answer), let state = form.values("state").first,
            form.duplicatedNames.isEmpty,
            let attempt = pending.withLock({ $0 }),
            constantTimeEqual(Array(state.utf8), Array(attempt.state.wireValue.utf8)),
            request.method == .post || Self.isBound(request, to: attempt)
        else { return Self.page("This answer does not belong to the trial in progress.", status: .badRequest) }
        pending.withLock { $0 = nil }
        if let error = form.values("error").first {
            let description = form.values("error_description").first
            continuation.yield(.refusal(error: Self.printable(error), description: description.map(Self.printable)))
            return Self.page("The provider refused. The terminal says what it said.", status: .ok)
        }
        do {
            let login = try await provider.login(
                code: form.values("code").first ?? "",
                verifier: attempt.verifier,
                nonce: attempt.nonce,
                issuerParameter: form.values("iss").first
            )
            continuation.yield(.login(login))
            return Self.page("The login succeeded. You can close this page; the terminal shows what came.", status: .ok)
        } catch {
            continuation.yield(.failure(error))
            return Self.page("The login failed. The terminal says why.", status: .ok)
        }
    }

    private static func isBound(_ request: Request, to attempt: Pending) -> Bool {
        request.values(of: .cookie).contains { header in
            header.split(separator: ";").contains {
                $0.drop { $0 == " " } == "\(cookie)=\(attempt.binding.wireValue)"
            }
        }
    }

    // The provider's words go to a terminal: no control characters, and an end.
    private static func printable(_ text: String) -> String {
        let kept = text.unicodeScalars.filter { (0x20...0x7E).contains($0.value) }.prefix(200)
        return String(String.UnicodeScalarView(kept))
    }

    private static func page(_ text: String, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headerFields: [
                .contentType: "text/plain; charset=utf-8", .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff",
            ],
            body: Array((text + "\n").utf8)
        )
    }
}
