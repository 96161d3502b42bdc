import DevelopmentIdentityProvider
import Logging
import OAuthProtocol
import OutboundHTTP
import SocketHTTP
import Testing

@Suite("The life of a provider")
struct ProviderLifeTests {
    private static func make(_ address: String) throws -> DevelopmentIdentityProvider {
        try DevelopmentIdentityProvider(
            address: try #require(SocketAddress(address)),
            timeSource: TestTime(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("anybody can sign in as anybody, so it listens on loopback only", arguments: ["0.0.0.0:0", "[::]:0"])
    func loopbackOnly(address: String) {
        #expect(throws: DevelopmentIdentityProvider.StartError.addressIsNotLoopback) { try Self.make(address) }
    }

    @Test("the issuer is known before the start, and is where it listens then")
    func issuer() async throws {
        let provider = try Self.make("127.0.0.1:0")
        #expect(!provider.issuer.hasSuffix(":0"))
        #expect(try await provider.start() == provider.issuer)
        await provider.shutdown()
    }

    @Test("two providers have nothing in common")
    func isolation() async throws {
        try await TestWorld.run { one in
            try await TestWorld.run { other in
                #expect(one.provider.issuer != other.provider.issuer)
                let token = try await one.signIn().text("access_token")
                #expect(try await one.userInfo(token).status == 200)
                #expect(try await other.userInfo(token).status == 401)
            }
        }
    }

    @Test("the mode of sign-in can be changed")
    func mode() async throws {
        try await TestWorld.run { world in
            world.provider.signInMode = .automatic("grace")
            let claims = try await world.verified(try await world.signIn()["id_token"]?.stringValue)
            #expect(claims["sub"] == "grace")
            world.provider.signInMode = .form
            #expect(try await world.get(.authorization, query: TestWorld.authorizationQuery).status == 200)
        }
    }

    @Test("unknown paths are not found, and neither is a registration that was not allowed")
    func unknownPaths() async throws {
        try await TestWorld.run { (world) async throws in
            #expect(try await world.get(world.provider.issuer + "/nothing").status == 404)
            #expect(try await world.post(.registration, []).status == 404)
            #expect(try await world.get(.token).status == 405)
        }
    }
}

@Suite("Dynamic registration at the provider (RFC 7591)")
struct ProviderRegistrationTests {
    private func register(_ world: TestWorld, _ metadata: JSONObject) async throws -> OutboundResponse {
        try await world.send(
            "POST",
            world.provider.url(of: .registration),
            fields: [("Content-Type", "application/json")],
            body: metadata.serialized()
        )
    }

    @Test("a registered client can sign users in, with its secret only")
    func registers() async throws {
        try await TestWorld.run({ $0.allowsRegistration = true }) { world in
            let endpoint = try await world.get(.discovery).json()["registration_endpoint"]
            #expect(endpoint == .string(world.provider.url(of: .registration)))
            let answer = try await register(world, ["redirect_uris": [.string(TestWorld.redirectURI)]])
            #expect(answer.status == 201)
            let id = try answer.json().text("client_id")
            let secret = try answer.json().text("client_secret")
            func redeem(_ secret: String) async throws -> Int {
                let form = [
                    ("grant_type", "authorization_code"), ("code", try await world.code(["client_id": id])),
                    ("redirect_uri", TestWorld.redirectURI), ("code_verifier", TestWorld.verifier),
                ]
                let basic = "Basic " + Base64.encode(Array("\(id):\(secret)".utf8))
                return try await world.post(.token, form, fields: [("Authorization", basic)]).status
            }
            #expect(try await redeem(secret) == 200)
            #expect(try await redeem("wrong") == 401)
        }
    }

    @Test("metadata that cannot be registered")
    func refusals() async throws {
        try await TestWorld.run({ $0.allowsRegistration = true }) { world in
            #expect(try world.error(try await register(world, [:])) == "invalid_redirect_uri")
            let uris: JSONValue = [.string(TestWorld.redirectURI)]
            let unknown = try await register(world, ["redirect_uris": uris, "token_endpoint_auth_method": "magic"])
            #expect(try world.error(unknown) == "invalid_client_metadata")
            let keyless: JSONObject = ["redirect_uris": uris, "token_endpoint_auth_method": "private_key_jwt"]
            #expect(try world.error(try await register(world, keyless)) == "invalid_client_metadata")
        }
    }
}
