import AuthorizationServerTesting
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Synchronization

/// Answers token exchanges as an identity provider that issues identity assertions (ID-JAG), and sends every other
/// request to the network.
final class AssertionProvider: OutboundTransport {
    /// What an exchange is answered with.
    enum Reply: Sendable {
        /// An assertion; claims may be changed, or its types.
        case assertion(
            claims: [String: JSONValue?] = [:],
            type: JSONValue = "oauth-id-jag+jwt",
            issuedType: String = AssertionProvider.assertionType
        )
        case error(String, status: Int = 400)
        case lost
    }

    private struct State {
        var base: (any OutboundTransport)?
        var reply = Reply.assertion()
        var exchanges: [FormParameters] = []
        var redemptions = 0
    }

    static let assertionType = "urn:ietf:params:oauth:token-type:id-jag"
    /// Our client at the foreign server.
    static let client = (id: "gateway", secret: "the-gateways-own-long-secret")

    let key: TestClientKey
    private let clock: ManualClock
    private let state = Mutex(State())

    init(issuer: String, clock: ManualClock) throws {
        key = try TestClientKey(issuer)
        self.clock = clock
    }

    /// Forwards what it does not answer itself.
    func attach(_ base: any OutboundTransport) { state.withLock { $0.base = base } }

    /// Answers so from now on.
    func answer(_ reply: Reply) { state.withLock { $0.reply = reply } }

    /// The exchanges so far.
    var exchanges: [FormParameters] { state.withLock { $0.exchanges } }

    /// How many assertions were sent to a foreign server.
    var redemptions: Int { state.withLock { $0.redemptions } }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        // What is no form is none of these requests.
        let form = request.method == "POST" ? try? FormParameters(parsing: request.body) : nil
        let type = form?.values("grant_type").first
        let (reply, base) = state.withLock { state in
            if type == GrantType.jwtBearer.rawValue { state.redemptions += 1 }
            if let form, type == GrantType.tokenExchange.rawValue { state.exchanges.append(form) }
            return (state.reply, state.base)
        }
        guard let form, type == GrantType.tokenExchange.rawValue else {
            guard let base else { throw OutboundError(.connectFailed, "there is no network") }
            return try await base.send(request)
        }
        switch reply {
        case .lost: throw OutboundError(.timeout, "no answer")
        case .error(let code, let status):
            let json: JSONObject = ["error": .string(code)]
            return OutboundResponse(status: status, headerFields: [], body: json.serialized())
        case .assertion(let changes, let type, let issuedType):
            let json: JSONObject = [
                "access_token": .string(assertion(for: form, changes, type)), "token_type": "N_A", "expires_in": 300,
                "issued_token_type": .string(issuedType),
            ]
            return OutboundResponse(status: 200, headerFields: [], body: json.serialized())
        }
    }

    private func assertion(for form: FormParameters, _ changes: [String: JSONValue?], _ type: JSONValue) -> String {
        func value(_ name: String) -> String { form.values(name).first ?? "" }
        var claims = key.claims(
            for: value("audience"),
            now: clock.now(),
            tokenID: Base64URL.encode(SystemRandomSource().bytes(12))
        )
        claims["sub"] = "user-17"
        claims["client_id"] = .string(Self.client.id)
        claims["resource"] = .string(value("resource"))
        claims["scope"] = .string(value("scope"))
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) { claims[name] = value }
        // A key of this test can sign; without a token the exchange fails, and with it the test.
        return (try? key.sign(claims, header: ["typ": type])) ?? ""
    }
}
