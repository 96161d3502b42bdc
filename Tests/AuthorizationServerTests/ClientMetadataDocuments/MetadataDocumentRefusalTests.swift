import AuthorizationServer
import AuthorizationServerTesting
import HTTPTypes
import OAuthProtocol
import OAuthState
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Testing

@Suite("OAuth Client ID Metadata Document: documents that are not used, and hosts that misbehave")
struct MetadataDocumentRefusalTests {
    static func page(_ id: String, at server: TestServer) async throws -> TestBrowser.Page {
        let client = OAuthTestClient.documented(id, at: server)
        return try await TestBrowser(transport: server.transport).get(client.authorizationURL())
    }

    static func refusals(_ server: TestServer) -> [JSONObject] {
        server.auditLog.all.compactMap { try? JSONParser.parseObject(Array($0.utf8)) }
            .filter { $0["event"] == "client.document_refused" }
    }

    @Test("CM-6: a failed fetch is a page with 502 and an event of its own; a bad document is 400")
    func pages() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                host.serve(.init(status: .serviceUnavailable), at: "/down.json")
                host.publish(at: "/lying.json") { $0["client_id"] = .string(host.url("/other.json")) }
                for (path, status, kind) in [
                    ("/down.json", 502, "bad_answer"), ("/missing.json", 502, "bad_answer"),
                    ("/lying.json", 400, "bad_document"),
                ] {
                    let page = try await Self.page(host.url(path), at: server)
                    #expect(page.status == status)
                    #expect(page.header("location") == nil)
                    #expect(page.header("content-type")?.hasPrefix("text/html") == true)
                    let event = try #require(Self.refusals(server).last)
                    #expect(event["kind"]?.stringValue == kind)
                    #expect(event["client_id"]?.stringValue == host.url(path))
                }
                let unknown = try await Self.page("dcr_unknown", at: server)
                #expect(unknown.status == 400)
                #expect(Self.refusals(server).count == 3)
            }
        }
    }

    @Test("CM-1, D-93: a bad URL and one that leads to ourselves are refused without a fetch")
    func urls() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let own = server.issuer.replacing("127.0.0.1", with: "localhost")
                for id in [
                    server.issuer + "/.well-known/oauth-authorization-server", own + "/client.json", host.url("/"),
                    host.url("/a/../client.json"), host.url("/client.json?x=1"), "https://client.example",
                    "http://client.example/client.json",
                ] {
                    let page = try await Self.page(id, at: server)
                    #expect(page.status == 400, "\(id)")
                    #expect(Self.refusals(server).last?["kind"] == "invalid_url", "\(id)")
                }
                #expect(host.requests.isEmpty)
            }
        }
    }

    @Test("CM-5: a failed fetch is not repeated at once, and not remembered for long")
    func failuresPass() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server async throws in
                host.serve(.init(status: .internalServerError))
                for _ in 0..<3 { #expect(try await Self.page(host.url(), at: server).status == 502) }
                #expect(host.requests.count == 1)
                host.publish()
                server.clock.advance(by: .seconds(16))
                #expect(try await Self.page(host.url(), at: server).status == 200)
            }
        }
    }

    @Test("CM-5: a copy is used for as long as its host says, a minute at least and a day at most, then asked about")
    func caching() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                host.publish(fields: [.cacheControl: "max-age=0", .eTag: "\"v1\""])
                _ = try await Self.page(host.url(), at: server)
                server.clock.advance(by: .seconds(59))
                _ = try await Self.page(host.url(), at: server)
                #expect(host.requests.count == 1)
                server.clock.advance(by: .seconds(1))
                // RFC 9110 §15.4.5: the same version again is no new document.
                #expect(try await Self.page(host.url(), at: server).status == 200)
                #expect(host.requests.map { $0[.ifNoneMatch] } == [nil, "\"v1\""])
                host.publish(fields: [.cacheControl: "max-age=31536000", .eTag: "\"v2\""])
                server.clock.advance(by: .seconds(60))
                _ = try await Self.page(host.url(), at: server)
                server.clock.advance(by: .seconds(86_399))
                _ = try await Self.page(host.url(), at: server)
                #expect(host.requests.count == 3)
                server.clock.advance(by: .seconds(1))
                _ = try await Self.page(host.url(), at: server)
                #expect(host.requests.count == 4)
            }
        }
    }

    @Test("CM-5: past its time a copy is no reason for a new login, also when the host is down")
    func noStaleLogin() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server async throws in
                host.publish()
                #expect(try await Self.page(host.url(), at: server).status == 200)
                host.serve(.init(status: .badGateway))
                server.clock.advance(by: .seconds(301))
                #expect(try await Self.page(host.url(), at: server).status == 502)
            }
        }
    }

    @Test("CM-5: a login in progress succeeds although the host has gone down in the meantime")
    func loginUnderWay() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let browser = TestBrowser(transport: server.transport)
                let page = try await browser.get(client.authorizationURL())
                let ticket = try #require(page.hiddenFields["ticket"])
                host.serve(.init(status: .badGateway))
                server.clock.advance(by: .seconds(301))
                let next = try await browser.post(
                    server.issuer + "/oauth/consent",
                    form: [("ticket", ticket), ("decision", "approve")]
                )
                let answer = try await client.finish(next, with: browser, at: server)
                #expect(try await client.redeem(try #require(answer["code"])).status == 200)
            }
        }
    }

    @Test("CM-7: concurrent logins share one request, and a slow host slows no other")
    func singleFlight() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(environment: { $0.transport = PatientTransport($0.transport) }) { server in
                let gate = DocumentHost.Gate()
                let url = host.publish(gate: gate)
                let registered = try await OAuthTestClient.registered(at: server)
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<16 {
                        group.addTask { try await Self.page(url, at: server).status }
                    }
                    // Answered while the other pages wait for the host.
                    #expect(try await Self.page(registered.id, at: server).status == 200)
                    #expect(try await registered.tokens(at: server).status == 200)
                    gate.open()
                    for try await status in group { #expect(status == 200) }
                }
                #expect(host.requests.count == 1)
            }
        }
    }

    @Test("D-90: a hundred URLs on one host are throttled, and other hosts are not")
    func reflector() async throws {
        try await DocumentHost.run { victim in
            try await DocumentHost.run { other in
                try await TestServer.run(configure: Self.limited) { server in
                    var statuses: [Int: Int] = [:]
                    for number in 0..<100 {
                        let page = try await Self.page(victim.url("/\(number).json"), at: server)
                        statuses[page.status, default: 0] += 1
                    }
                    #expect(victim.requests.count <= 20)
                    #expect(statuses[429, default: 0] >= 80)
                    #expect(Self.refusals(server).last?["kind"] == "throttled")
                    // A known copy needs no fetch, and after a minute the source may ask again.
                    server.clock.advance(by: .seconds(60))
                    let named = other.url().replacing("127.0.0.1", with: "localhost")
                    other.publish { $0["client_id"] = .string(named) }
                    #expect(try await Self.page(named, at: server).status == 200)
                }
            }
        }
    }

    @Test("CM-5, CM-7: made-up paths on its host do not keep a known client's document from being renewed")
    func renewal() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: Self.proxied) { server in
                let url = host.publish()
                #expect(try await Self.status(url, from: "198.51.100.1", at: server) == 200)
                server.clock.advance(by: .seconds(301))
                for number in 0..<20 {
                    let source = "192.0.2.\(1 + number / 3)"
                    _ = try await Self.status(host.url("/\(number).json"), from: source, at: server)
                }
                // The allowance for unknown documents is used up, also for other sources.
                #expect(try await Self.status(host.url("/x.json"), from: "198.51.100.2", at: server) == 429)
                let count = host.requests.count
                #expect(try await Self.status(url, from: "198.51.100.1", at: server) == 200)
                #expect(host.requests.count == count + 1)
            }
        }
    }

    @Test("CM-5, CM-7: a source that may cause no fetch is served from the copy, during a day and no longer")
    func staleWhileThrottled() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: Self.proxied) { server in
                let url = host.publish()
                #expect(try await Self.status(url, from: "198.51.100.1", at: server) == 200)
                func useUp() async throws {
                    for number in 0..<20 {
                        for name in ["127.0.0.1", "localhost"] {
                            let other = host.url("/\(number).json").replacing("127.0.0.1", with: name)
                            _ = try await Self.status(other, from: "198.51.100.1", at: server)
                        }
                    }
                }
                server.clock.advance(by: .seconds(86_399))
                try await useUp()
                let count = host.requests.count
                #expect(try await Self.status(url, from: "198.51.100.1", at: server) == 200)
                #expect(host.requests.count == count)
                server.clock.advance(by: .seconds(1))
                try await useUp()
                #expect(try await Self.status(url, from: "198.51.100.1", at: server) == 429)
                #expect(Self.refusals(server).last?["kind"] == "throttled")
            }
        }
    }

    @Test("CM-5, CM-7: a login in progress succeeds although its source may cause no further fetch")
    func throttledLoginUnderWay() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: Self.limited) { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let browser = TestBrowser(transport: server.transport)
                let page = try await browser.get(client.authorizationURL())
                server.clock.advance(by: .seconds(301))
                for number in 0..<40 { _ = try await Self.page(host.url("/\(number).json"), at: server) }
                let next = try await browser.post(
                    server.issuer + "/oauth/consent",
                    form: [("ticket", try #require(page.hiddenFields["ticket"])), ("decision", "approve")]
                )
                let answer = try await client.finish(next, with: browser, at: server)
                #expect(try await client.redeem(try #require(answer["code"])).status == 200)
            }
        }
    }

    /// The usual rates, with the exceptions for loopback removed.
    private static let limited: @Sendable (inout Configuration) throws -> Void = {
        $0.limits.fetchesPerHost = .init(burst: 10, perMinute: 19)
        $0.limits.fetchesPerSource = .init(burst: 20, perMinute: 29)
    }

    private static let proxied: @Sendable (inout Configuration) throws -> Void = {
        try limited(&$0)
        $0.trustedProxies = [AddressRange(.loopback, prefixLength: 8)]
    }

    private static func status(_ url: String, from source: String, at server: TestServer) async throws -> Int {
        let client = OAuthTestClient.documented(url, at: server)
        let browser = TestBrowser(transport: server.transport)
        let fields = [(name: "x-forwarded-for", value: source)]
        return try await browser.get(client.authorizationURL(), headerFields: fields).status
    }

    @Test("CM-7: a source that has used up its fetches is refused, and another is served")
    func sources() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: Self.proxied) { server in
                func status(_ host: String, _ path: String, from source: String) async throws -> Int {
                    let client = OAuthTestClient.documented("http://\(host)\(path)", at: server)
                    let browser = TestBrowser(transport: server.transport)
                    let fields = [(name: "x-forwarded-for", value: source)]
                    return try await browser.get(client.authorizationURL(), headerFields: fields).status
                }
                let port = try #require(URIReference(host.url())?.port)
                for number in 0..<10 {
                    for name in ["127.0.0.1", "localhost"] {
                        // S-15: three failures are a source's share of a host.
                        let status = try await status("\(name):\(port)", "/\(number).json", from: "192.0.2.1")
                        #expect(status == (number < 3 ? 502 : 429))
                    }
                }
                // A third host has its whole allowance: the refusal is about the source.
                #expect(try await status("[::1]:\(port)", "/client.json", from: "192.0.2.1") == 429)
                #expect(try await status("[::1]:\(port)", "/client.json", from: "198.51.100.1") == 502)
            }
        }
    }

    @Test("CM-10: with the policy `listed` only the operator's URLs are fetched")
    func listed() async throws {
        try await DocumentHost.run { host in
            let url = host.publish()
            host.publish(at: "/other.json")
            let listed: (inout Configuration) -> Void = {
                $0.registration.metadataDocumentPolicy = .listed
                $0.registration.metadataDocumentClients = [url]
            }
            try await TestServer.run(configure: listed) { server async throws in
                #expect(try await Self.page(url, at: server).status == 200)
                #expect(try await Self.page(host.url("/other.json"), at: server).status == 400)
                #expect(Self.refusals(server).last?["kind"] == "not_allowed")
                #expect(host.requests.count == 1)
            }
        }
    }

    @Test("CM-10: with the policy `domains` a domain means itself and its subdomains")
    func domains() throws {
        var settings = Configuration.Registration()
        settings.metadataDocumentPolicy = .domains
        settings.metadataDocumentDomains = ["claude.ai", "client.example"]
        let admission = MetadataDocumentAdmission(
            issuer: try Issuer("https://auth.example.com"),
            ports: [],
            settings: settings
        )
        for id in ["https://claude.ai/c", "https://CLAUDE.ai/c", "https://a.b.client.example:8443/c"] {
            #expect(throws: Never.self) { _ = try admission.url(id) }
        }
        for id in [
            "https://evilclaude.ai/c", "https://claude.ai.evil.example/c", "https://claude.ai./c", "https://ai/c",
            "https://claude.aicorp/c",
        ] {
            #expect(throws: MetadataDocumentFailure.self) { _ = try admission.url(id) }
        }
    }

    @Test("CM-10: a client that the policy no longer accepts cannot refresh either")
    func policyChange() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: { $0.registration.acceptsMetadataDocuments = false }) { server in
                let id = host.publish()
                let client = Client(
                    id: id,
                    kind: .metadataDocument,
                    redirectURIs: ["http://127.0.0.1/callback"],
                    grantTypes: [.authorizationCode, .refreshToken],
                    authenticationMethods: [.none],
                    issuedAt: server.clock.now()
                )
                _ = try await server.server.stores.clients.replace(client).outcome
                #expect(try await OAuthTestClient.documented(id, at: server).redeem("code").error == "invalid_client")
                #expect(try await Self.page(id, at: server).status == 400)
                let metadata = try await OAuthTestClient.documented(id, at: server)
                    .send("GET", "/.well-known/oauth-authorization-server").json
                #expect(metadata["client_id_metadata_document_supported"] == nil)
                #expect(host.requests.isEmpty)
            }
        }
    }
}

/// Waits longer than the server would, so that a busy machine does not end a fetch that the test holds back.
private struct PatientTransport: OutboundTransport {
    private let transport: any OutboundTransport

    init(_ transport: any OutboundTransport) {
        self.transport = transport
    }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        var request = request
        request.limits.totalTimeout = .seconds(300)
        return try await transport.send(request)
    }
}
