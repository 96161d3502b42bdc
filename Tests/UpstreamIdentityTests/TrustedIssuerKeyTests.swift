import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("RFC 7517: the keys of an issuer that is trusted without logins")
struct TrustedIssuerKeyTests {
    private static let issuer = "https://ci.example/pool"
    private static let documentURL = issuer + "/.well-known/openid-configuration"
    private static let keysURL = "https://keys.example/jwks"

    private let transport = ScriptedTransport()
    private let time = ManualTime()

    private func keys(at url: String? = nil, policy: AddressPolicy = .publicOnly) -> TrustedIssuerKeys {
        TrustedIssuerKeys(
            issuer: Self.issuer,
            keySetURL: url,
            transport: transport,
            addressPolicy: policy,
            allowsInsecureHTTP: false,
            timeSource: time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("JB-2: discovery needs no endpoint besides jwks_uri, and a configured URL needs no discovery")
    func sources() async throws {
        transport.on(
            Self.documentURL,
            ScriptedTransport.json(["issuer": .string(Self.issuer), "jwks_uri": .string(Self.keysURL)])
        )
        transport.on(Self.keysURL, ScriptedTransport.keys([try TestKeys.key(.es256, "key-1")]))
        #expect(try await keys().current().keys.count == 1)
        #expect(transport.requests.map(\.url) == [Self.documentURL, Self.keysURL])
        #expect(
            transport.requests.allSatisfy { $0.addressPolicy == .publicOnly && $0.limits.responseBytesMax <= 1 << 20 }
        )
        #expect(try await keys(at: Self.keysURL, policy: .allowPrivate).current().keys.count == 1)
        #expect(transport.requests.count == 3 && transport.requests[2].addressPolicy == .allowPrivate)
    }

    @Test(
        "JB-2: a document of another issuer, or one without a usable key set, gives no keys",
        arguments: [
            ["issuer": "https://ci.example/pool/", "jwks_uri": "https://keys.example/jwks"],
            ["issuer": "https://ci.example", "jwks_uri": "https://keys.example/jwks"],
            ["jwks_uri": "https://keys.example/jwks"], ["issuer": "https://ci.example/pool"],
            ["issuer": "https://ci.example/pool", "jwks_uri": "http://keys.example/jwks"],
            ["issuer": "https://ci.example/pool", "jwks_uri": 7],
        ] as [JSONObject]
    )
    func documents(document: JSONObject) async throws {
        transport.on(Self.documentURL, ScriptedTransport.json(document))
        transport.on(Self.keysURL, ScriptedTransport.keys([try TestKeys.key(.es256, "key-1")]))
        let keys = keys()
        await #expect(throws: UpstreamError.self) { try await keys.current() }
        #expect(transport.requests(to: Self.keysURL).isEmpty)
    }

    @Test(
        "D-90: an issuer that does not answer is asked again after 30 s at the earliest, and so is one with other keys"
    )
    func intervals() async throws {
        transport.on(Self.keysURL, ScriptedTransport.status(503))
        let keys = keys(at: Self.keysURL)
        for _ in 0..<3 { await #expect(throws: UpstreamError.self) { try await keys.current() } }
        #expect(transport.requests.count == 1)
        time.advance(by: .seconds(30))
        transport.replace(Self.keysURL, ScriptedTransport.keys([try TestKeys.key(.es256, "key-1")]))
        #expect(try await keys.current().keys.count == 1)
        #expect(try await keys.renewed() == nil)
        #expect(transport.requests.count == 2)
        time.advance(by: .seconds(30))
        #expect(try await keys.renewed()?.keys.count == 1)
        #expect(transport.requests.count == 3)
    }

    @Test("One request serves all waiting callers")
    func singleFlight() async throws {
        transport.on(Self.keysURL, ScriptedTransport.keys([try TestKeys.key(.es256, "key-1")]))
        let keys = keys(at: Self.keysURL)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await keys.current().keys.count } }
            for try await count in group { #expect(count == 1) }
        }
        #expect(transport.requests.count == 1)
    }
}
