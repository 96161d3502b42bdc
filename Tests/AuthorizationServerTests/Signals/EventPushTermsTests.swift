import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import Testing

/// RFC 8935, SSF 1.0 §6.1.1: where events may be pushed to.
@Suite("Shared Signals: addresses that events are pushed to")
struct EventPushTermsTests {
    private let stream = EventStreamID(value: 1)

    private func terms(
        issuer: String = "https://auth.example.com",
        secret: [UInt8] = Array(repeating: 7, count: 32)
    ) throws -> EventPushTerms {
        try EventPushTerms(issuer: Issuer(issuer), rootSecret: secret, random: SystemRandomSource())
    }

    private static func delivery(_ endpoint: JSONValue?, _ authorization: JSONValue? = nil) -> JSONObject {
        var delivery: JSONObject = ["method": "urn:ietf:rfc:8935"]
        delivery["endpoint_url"] = endpoint
        delivery["authorization_header"] = authorization
        return delivery
    }

    @Test(
        "refused: other schemes, addresses of the own network, user information, fragments, ambiguous hosts",
        arguments: [
            "http://receiver.example/events", "http://127.0.0.1/events", "ftp://receiver.example/", "receiver.example",
            "https:///events", "https://10.0.0.1/events", "https://192.168.1.1/", "https://169.254.169.254/latest",
            "https://127.0.0.1/", "https://[::1]/", "https://[fd00::1]/", "https://0x7f000001/", "https://2130706433/",
            "https://intranet/", "https://user@receiver.example/", "https://user:secret@receiver.example/",
            "https://receiver.example/#part", "https://receiver.example/\u{E9}", "https://receiver.example/a b", "",
        ]
    )
    func refusedAddresses(endpoint: String) throws {
        let terms = try terms()
        let error = #expect(throws: OAuthError.self) {
            try terms.push(Self.delivery(.string(endpoint)), of: stream)
        }
        #expect(error?.code == .invalidRequest)
        // What was written may hold a secret.
        #expect(error?.description.contains("secret") != true)
    }

    @Test("refused: no address, one of another type, and one that is too long")
    func malformedAddresses() throws {
        let terms = try terms()
        let start = "https://receiver.example/"
        let longest = start + String(repeating: "a", count: EventPushTerms.endpointByteCountMax - start.utf8.count)
        for endpoint: JSONValue? in [nil, .null, 1, ["a"], .string(longest + "a")] {
            #expect(throws: OAuthError.self) { try terms.push(Self.delivery(endpoint), of: stream) }
        }
        #expect(try terms.push(Self.delivery(.string(longest)), of: stream).endpoint == longest)
    }

    @Test("loopback, also without TLS, is for a server that is there itself")
    func loopback() throws {
        let local = try terms(issuer: "http://127.0.0.1:8080")
        #expect(
            try local.push(Self.delivery("http://127.0.0.1:9/e?a=b"), of: stream).endpoint == "http://127.0.0.1:9/e?a=b"
        )
        #expect(throws: OAuthError.self) { try local.push(Self.delivery("http://10.0.0.1/e"), of: stream) }
        #expect(throws: OAuthError.self) { try local.push(Self.delivery("http://receiver.example/e"), of: stream) }
        #expect(local.addressPolicy == .loopbackAllowed)
        // A name whose address is private is refused when a request is sent, at the address itself.
        #expect(try terms().addressPolicy == .publicOnly)
    }

    @Test(
        "authorization_header: what is no value of a header field is refused",
        arguments: [
            "", " Bearer x", "Bearer x ", "Bearer x\r\nHost: other", "Bearer\u{7F}", "Bearer \u{E9}",
            String(repeating: "a", count: EventPushTerms.authorizationByteCountMax + 1),
        ]
    )
    func fieldValues(value: String) throws {
        let terms = try terms()
        #expect(throws: OAuthError.self) {
            try terms.push(Self.delivery("https://receiver.example/", .string(value)), of: stream)
        }
    }

    @Test("authorization_header: of another type it is refused; null is none")
    func otherTypes() throws {
        let terms = try terms()
        for value: JSONValue in [1, true, ["Bearer x"]] {
            #expect(throws: OAuthError.self) {
                try terms.push(Self.delivery("https://receiver.example/", value), of: stream)
            }
        }
        let none = try terms.push(Self.delivery("https://receiver.example/", .null), of: stream)
        #expect(none.sealedAuthorization == nil)
    }

    @Test("what is sent along is stored sealed, opens for its stream and secret only, and never shows itself")
    func sealing() throws {
        let terms = try terms()
        let push = try terms.push(Self.delivery("https://receiver.example/", "Bearer geheim"), of: stream)
        let sealed = try #require(push.sealedAuthorization)
        #expect(!sealed.contains("geheim"))
        let opened = try #require(terms.authorization(sealed, of: stream))
        #expect(opened.value == "Bearer geheim")
        #expect("\(opened)" == "<redacted>")
        #expect(terms.authorization(sealed, of: EventStreamID(value: 2)) == nil)
        let other = try self.terms(secret: Array(repeating: 8, count: 32))
        #expect(other.authorization(sealed, of: stream) == nil)
    }

    @Test("§8.1.1: over the network, a refused address and an unknown method make no stream, and change none")
    func endpoint() async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            let wrong: [JSONObject] = [
                ["method": "urn:ietf:rfc:8935"], ["method": "urn:ietf:rfc:9999"],
                ["method": "urn:ietf:rfc:8935", "endpoint_url": "http://receiver.example/"],
                ["method": "urn:ietf:rfc:8935", "endpoint_url": "https://10.0.0.1/"],
                ["method": "urn:ietf:rfc:8935", "endpoint_url": "https://a@receiver.example/"],
                [
                    "method": "urn:ietf:rfc:8935", "endpoint_url": "https://receiver.example/",
                    "authorization_header": "a\nb",
                ],
            ]
            for delivery in wrong {
                let made = try await scene.send("POST", "/ssf/stream", ["delivery": .object(delivery)])
                #expect(made.isError(400, "invalid_request"))
                let body: JSONObject = ["stream_id": .string(id), "delivery": .object(delivery)]
                let changed = try await scene.send("PATCH", "/ssf/stream", body)
                #expect(changed.isError(400, "invalid_request"))
            }
            let all = try await scene.send("GET", "/ssf/stream")
            #expect(all.body.contains(id) && !all.body.contains("urn:ietf:rfc:8935"))
        }
    }
}
