import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The keys of type: chained")
struct ChainedServerKeyTests {
    private static func yaml(_ keys: String, source: String = "preset: google", rest: String = "") -> String {
        """
        issuer: https://a.example
        upstreams:
          - {name: corp, \(source), client_id: x, client_secret: {env: S}}
          - {name: wiki, type: chained, \(keys)}
        """ + rest
    }

    private static let client = "client_id: y, client_secret: {env: T}"
    private static let server = "issuer: 'https://as.wiki.example', resource: 'https://wiki.example/mcp', "

    @Test("are read; no login visits it, and a token exchange may name its resource")
    func read() throws {
        let yaml = Self.yaml("from: corp, scopes: [read], " + Self.server + Self.client)
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(yaml))
        let upstream = try #require(configuration.upstreams.last)
        #expect(upstream.preset == .chained && upstream.login == .onDemand && !upstream.identifiesUsers)
        let expected = ChainedServer(
            source: "corp",
            issuer: "https://as.wiki.example",
            resource: "https://wiki.example/mcp"
        )
        #expect(upstream.chained == expected && upstream.apiResource == "https://wiki.example/mcp")
        #expect(upstream.selfRegistration == nil && configuration.upstreams.first?.chained == nil)
    }

    @Test("are refused where they mean nothing, or name no provider of ID tokens", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    @Test("of exchanges at the provider itself need no client of their own")
    func readExchanges() throws {
        let exchange = "exchange: token_exchange, subject_token: id_token, audience: billing, scopes: [read]"
        let cases: [(String, ChainedServer.Exchange)] = [
            (
                exchange + ", resource: 'https://billing.example/v1'",
                .tokenExchange(
                    ExchangeTarget(audience: "billing", resource: "https://billing.example/v1", subject: .idToken)
                )
            ),
            ("exchange: token_exchange, audience: billing", .tokenExchange(ExchangeTarget(audience: "billing"))),
            ("exchange: on_behalf_of, scopes: ['https://graph.example/User.Read']", .onBehalfOf),
        ]
        for (keys, expected) in cases {
            let yaml = Self.yaml("from: corp, " + keys)
            let configuration = try Configuration(decoding: try YAMLConfiguration.parse(yaml))
            let upstream = try #require(configuration.upstreams.last)
            #expect(upstream.chained == ChainedServer(source: "corp", exchange: expected), "\(keys)")
            #expect(upstream.clientID == nil && upstream.login == .onDemand)
        }
        // An access token needs no OpenID Connect.
        let yaml = Self.yaml("from: corp, exchange: token_exchange, audience: a", source: "preset: github")
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(yaml))
        #expect(configuration.upstreams.last?.chained?.subject == .accessToken)
    }

    @Test("of exchanges are refused where they mean nothing", arguments: refusedExchanges)
    func exchangeRefusal(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    private static let refusedExchanges = [
        Refusal(
            yaml("from: corp, exchange: token_exchange"),
            """
            upstreams[1].audience: is required; without resource and scopes nothing says what the token is for (line 4)
            """
        ),
        Refusal(
            yaml("from: corp, exchange: on_behalf_of"),
            """
            upstreams[1].scopes: is required; they name the API, such as https://graph.microsoft.com/User.Read (line 4)
            """
        ),
        Refusal(
            yaml("from: corp, exchange: on_behalf_of, scopes: [a], resource: 'https://r.example'"),
            "upstreams[1].resource: is not for exchange: on_behalf_of; scopes name the API (line 4)"
        ),
        Refusal(
            yaml("from: corp, exchange: on_behalf_of, scopes: [a], subject_token: id_token"),
            "upstreams[1].subject_token: is only for exchange: token_exchange (line 4)"
        ),
        Refusal(
            yaml("from: corp, exchange: token_exchange, audience: a, issuer: 'https://as.example'"),
            """
            upstreams[1].issuer: is only for exchange: identity_assertion; others ask the provider of from (line 4)
            """
        ),
        Refusal(
            yaml("from: corp, exchange: token_exchange, audience: a, client_secret: {env: T}"),
            "upstreams[1].client_secret: needs client_id (line 4)"
        ),
        Refusal(
            yaml("from: corp, audience: a, " + server + client),
            "upstreams[1].audience: is only for exchange: token_exchange (line 4)"
        ),
        Refusal(
            yaml("from: corp, exchange: token_exchange, audience: a, required_scopes: [openid]"),
            "upstreams[1].required_scopes: is not for type: chained, which no user visits (line 4)"
        ),
        Refusal(
            yaml(
                "from: corp, exchange: token_exchange, audience: a, subject_token: id_token",
                source: "preset: github"
            ),
            "upstreams[1].from: corp does not speak OpenID Connect, so it has no ID tokens (line 4)"
        ),
        Refusal(
            yaml("from: wiki, exchange: token_exchange, audience: a"),
            "upstreams[1].from: wiki is of type: chained, whose tokens cannot be exchanged (line 4)"
        ),
    ]

    private static let refused = [
        Refusal(yaml(server + client), "upstreams[1].from: is required (line 4)"),
        Refusal(
            yaml("from: corp, resource: 'https://wiki.example/mcp', " + client),
            "upstreams[1].issuer: is required (line 4)"
        ),
        Refusal(
            yaml("from: corp, issuer: 'https://as.wiki.example', " + client),
            "upstreams[1].resource: is required (line 4)"
        ),
        Refusal(yaml("from: corp, " + server), "upstreams[1].client_id: is required (line 4)"),
        Refusal(
            yaml("from: crop, " + server + client),
            "upstreams[1].from: crop is not a configured upstream; did you mean corp? (line 4)"
        ),
        Refusal(
            yaml("from: wiki, " + server + client),
            "upstreams[1].from: wiki does not speak OpenID Connect, so it has no ID tokens (line 4)"
        ),
        Refusal(
            yaml("from: corp, " + server + client, source: "preset: github"),
            "upstreams[1].from: corp does not speak OpenID Connect, so it has no ID tokens (line 4)"
        ),
        Refusal(
            yaml("from: corp, login: required, " + server + client),
            "upstreams[1].login: must be on_demand; no login visits a type: chained (line 4)"
        ),
        Refusal(
            yaml("from: corp, pkce: off, " + server + client),
            "upstreams[1].pkce: is not for type: chained, which no user visits (line 4)"
        ),
        Refusal(
            yaml("from: corp, " + server + client, source: "preset: google, from: wiki"),
            "upstreams[0].from: is only for type: chained (line 3)"
        ),
        Refusal(
            yaml(
                "from: corp, " + server + client,
                rest: "\nresources:\n  - {uri: https://r.example, upstreams: [wiki], identity: wiki}"
            ),
            "resources[0].identity: wiki is of type: chained and cannot tell who the user is (line 6)"
        ),
        Refusal(
            yaml(
                "from: corp, " + server + client,
                rest: "\nresources:\n  - {uri: https://r.example, upstreams: [corp, wiki], login: {wiki: optional}}"
            ),
            "resources[0].login.wiki: must be on_demand; no login visits a type: chained (line 6)"
        ),
    ]
}
