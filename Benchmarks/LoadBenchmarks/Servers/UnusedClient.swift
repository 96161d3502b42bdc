import BenchmarkSupport
import OAuthProtocol

/// Clients that registered themselves and were never seen again.
enum UnusedClient {
    static func make(_ number: Int) -> Client {
        Client(
            id: "dcr_unused_\(number)",
            kind: .dynamic,
            name: "Unused \(number)",
            redirectURIs: ["http://127.0.0.1:\(1024 + number % 60_000)/callback"],
            grantTypes: [.authorizationCode, .refreshToken],
            authenticationMethods: [TokenEndpointAuthenticationMethod.none],
            issuedAt: Population.now
        )
    }
}
