import AuthorizationServer
import AuthorizationServerTesting
import Foundation
import Logging
import OAuthProtocol
import OAuthState
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Synchronization
import Testing

/// Document URLs of strangers must not affect the operator's providers, other users, or the internal network.
@Suite("S-01, S-15, S-19: documents that strangers make this server fetch", .timeLimit(.minutes(10)))
struct DocumentAbuseTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static let proxied: @Sendable (inout Configuration) throws -> Void = {
        // The usual rates, with the exceptions for loopback removed.
        $0.limits.fetchesPerHost = .init(burst: 10, perMinute: 19)
        $0.limits.fetchesPerSource = .init(burst: 20, perMinute: 29)
        $0.trustedProxies = [AddressRange(.loopback, prefixLength: 8)]
    }

    private static func visit(
        _ id: String,
        from source: String,
        at server: TestServer,
        over transport: (any OutboundTransport)? = nil
    ) async throws -> TestBrowser.Page {
        let client = OAuthTestClient.documented(id, at: server)
        return try await TestBrowser(transport: transport ?? server.transport)
            .get(client.authorizationURL(), headerFields: [(name: "x-forwarded-for", value: source)])
    }

    @Test("S-01: a silent name server and a hundred document URLs: no login fails, and refreshes are not affected")
    func silentNameServer() async throws {
        let resolver = SilentResolver()
        defer { resolver.release() }
        let providers = try CurlClient(configuration: .init(proxy: .none, resolver: resolver), logger: Self.silent)
        let documents = try CurlClient(
            configuration: .strangers(proxy: .none, resolver: resolver),
            logger: Self.silent
        )
        // The visits hold their connections until their documents are given up; the logins have others.
        let visitors = try CurlClient(
            configuration: .init(proxy: .none, connectionsPerHostMax: 128),
            logger: Self.silent
        )
        let separate: (inout ServerEnvironment) -> Void = { environment in
            environment.transport = ByNameTransport(base: providers)
            environment.documentTransport = documents
        }
        try await TestServer.run(configure: Self.proxied, environment: separate) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let visits = (0..<100).map { number in
                Task {
                    let source = "198.51.100.\(number / 4)"
                    let url = "https://a\(number).slow.test/c.json"
                    return try await Self.visit(url, from: source, at: server, over: visitors).status
                }
            }
            while resolver.silentCount < 16 { await Task.yield() }
            for _ in 0..<5 {
                let tokens = try await client.tokens(at: server)
                #expect(tokens.status == 200)
                #expect(try await client.refresh(tokens["refresh_token"] ?? "").status == 200)
                let exchanged = try await client.exchange(
                    tokens["access_token"] ?? "",
                    audience: TestServer.upstream,
                    as: TestServer.resourceServer
                )
                #expect(exchanged.status == 200)
            }
            #expect(resolver.silentCount >= 16)
            resolver.release()
            for visit in visits { #expect([429, 502].contains(try await visit.value)) }
        }
        await visitors.shutdown()
        await documents.shutdown()
        await providers.shutdown()
    }

    @Test("S-15: after a restart, made-up paths from one address stop no login of a known client")
    func knownClient() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: Self.proxied) { server in
                let url = host.publish()
                try await Self.remember(url, at: server)
                for number in 0..<12 {
                    _ = try await Self.visit(host.url("/\(number).json"), from: "192.0.2.1", at: server)
                }
                for number in 1...20 {
                    #expect(try await Self.visit(url, from: "198.51.100.\(number)", at: server).status == 200)
                }
                #expect(try await Self.visit(url, from: "192.0.2.1", at: server).status == 200)
            }
        }
    }

    @Test("S-15: a client without users is not stopped either, because a source has its share of a host")
    func newClient() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: Self.proxied) { server in
                let url = host.publish()
                for number in 0..<12 {
                    _ = try await Self.visit(host.url("/\(number).json"), from: "192.0.2.1", at: server)
                }
                #expect(host.requests.count == 3)
                #expect(try await Self.visit(url, from: "198.51.100.1", at: server).status == 200)
                // An IPv6 site has one share, whatever networks it has.
                for number in 0..<12 {
                    let source = "2001:db8:1:\(number)::1"
                    _ = try await Self.visit(host.url("/v6-\(number).json"), from: source, at: server)
                }
                #expect(host.requests.count == 7)
            }
        }
    }

    @Test("S-15: documents that exist do not use up a share")
    func goodDocuments() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: Self.proxied) { server async throws in
                for number in 0..<8 {
                    let url = host.publish(at: "/good-\(number).json")
                    #expect(try await Self.visit(url, from: "192.0.2.1", at: server).status == 200)
                }
            }
        }
    }

    @Test("S-15: a user whose address may fetch nothing more is served from the copy that users have approved")
    func persistedCopy() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: Self.proxied) { server in
                let url = host.publish()
                try await Self.remember(url, at: server)
                for number in 0..<24 {
                    _ = try await Self.visit(host.url("/\(number).json"), from: "192.0.2.1", at: server)
                }
                let count = host.requests.count
                #expect(try await Self.visit(url, from: "192.0.2.1", at: server).status == 200)
                #expect(host.requests.count == count)
            }
        }
    }

    @Test("S-19: the page does not tell a name inside from one that does not exist; the audit trail does")
    func internalNames() async throws {
        let resolver = InternalNames()
        let documents = try CurlClient(
            configuration: .strangers(proxy: .none, resolver: resolver),
            logger: Self.silent
        )
        try await TestServer.run(environment: { $0.documentTransport = documents }) { server in
            var pages: [(status: Int, text: String)] = []
            for name in ["vault.corp.test", "noone.corp.test"] {
                let page = try await Self.visit("https://\(name)/c", from: "127.0.0.1", at: server)
                let text = page.withoutNonce.replacing(name, with: "NAME")
                pages.append((page.status, text))
            }
            #expect(pages[0].status == 502)
            #expect(pages[0].status == pages[1].status)
            #expect(pages[0].text == pages[1].text)
            let kinds = MetadataDocumentRefusalTests.refusals(server).compactMap { $0["kind"]?.stringValue }
            #expect(kinds == ["address_refused", "unreachable"])
        }
        await documents.shutdown()
    }

    /// What the registry keeps of a document that users have approved, as after a restart.
    private static func remember(_ url: String, at server: TestServer) async throws {
        let client = Client(
            id: url,
            kind: .metadataDocument,
            redirectURIs: ["http://127.0.0.1/callback"],
            grantTypes: [.authorizationCode, .refreshToken],
            authenticationMethods: [.none],
            issuedAt: server.clock.now()
        )
        _ = try await server.server.stores.clients.replace(client).outcome
    }
}

/// Finds 127.0.0.1, and never answers for names below `slow.test`.
private final class SilentResolver: HostResolver {
    private let state = Mutex((silentCount: 0, isReleased: false))
    private let gate = DispatchGroup()

    init() { gate.enter() }

    var silentCount: Int { state.withLock(\.silentCount) }

    func release() {
        let isFirst = state.withLock { state in
            defer { state.isReleased = true }
            return !state.isReleased
        }
        if isFirst { gate.leave() }
    }

    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        guard name.hasSuffix(".slow.test") else { return [.v4(0x7f00_0001)] }
        state.withLock { $0.silentCount += 1 }
        gate.wait()
        throw OutboundError(.resolveFailed, "no answer for \(name)")
    }
}

/// Knows one name, which leads inside.
private struct InternalNames: HostResolver {
    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        guard name == "vault.corp.test" else { throw OutboundError(.resolveFailed, "no address for \(name)") }
        return [.v4(0x0a01_0203)]
    }
}

/// Reaches providers on loopback as a server reaches them on the internet: by name, every address checked.
private struct ByNameTransport: OutboundTransport {
    let base: CurlClient

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        var request = request
        request.url = request.url.replacing("//127.0.0.1:", with: "//idp.test:")
        request.addressPolicy = .loopbackAllowed
        return try await base.send(request)
    }
}
