import Foundation
import Synchronization
import Testing

@testable import OutboundHTTP

/// S-01: names whose servers never answer.
@Suite(.timeLimit(.minutes(10)))
struct SilentNameServerTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    @Test("S-01: sixty-four silent names hold no more than a source's share, and do not delay another source")
    func strangers() async throws {
        let resolver = PartlySilentResolver()
        defer { resolver.release() }
        let server = try RawServer.answering(Self.ok)
        try await withClient(.strangers(proxy: .none, resolver: resolver)) { client in
            let floods = (0..<64).map { number in
                Task { try await client.failure(of: Self.request("http://slow\(number).test/", source: "192.0.2.1")) }
            }
            while resolver.silentCount < 2 { await Task.yield() }
            // Another source's document, on a name that is answered.
            let answer = try await client.send(
                Self.request(server.url(host: "honest.test"), source: "198.51.100.1")
            )
            #expect(answer.status == 200)
            #expect(resolver.silentCount == 2)
            for flood in floods { flood.cancel() }
            for flood in floods { #expect([.cancelled, .overloaded].contains(try await flood.value.code)) }
            // What was given up is not looked up later.
            #expect(resolver.silentCount == 2)
        }
    }

    @Test("S-01: requests that time out leave no look-up behind")
    func deadWork() async throws {
        let resolver = PartlySilentResolver()
        try await withClient(.strangers(proxy: .none, resolver: resolver)) { client in
            let limits = OutboundRequest.Limits(connectTimeout: .milliseconds(50), totalTimeout: .seconds(50))
            for number in 0..<8 {
                var request = Self.request("http://slow\(number).test/", source: "192.0.2.1")
                request.limits = limits
                let error = try await client.failure(of: request)
                #expect(error.code == .timeout)
            }
            #expect(resolver.silentCount == 2)
            resolver.release()
            let server = try RawServer.answering(Self.ok)
            _ = try await client.send(Self.request(server.url(host: "honest.test"), source: "192.0.2.1"))
            #expect(resolver.silentCount == 2)
        }
    }

    @Test("S-01: an upstream's addresses are kept, so that a later request needs no name server")
    func kept() async throws {
        let resolver = PartlySilentResolver()
        let server = try RawServer.answering(Self.ok)
        try await withClient(.init(proxy: .none, resolver: resolver)) { client in
            for _ in 0..<5 {
                let request = Self.request(server.url(host: "idp.test"), source: nil)
                let response = try await client.send(request)
                #expect(response.status == 200)
            }
            #expect(resolver.questions == ["idp.test"])
        }
    }

    @Test("RFC 8767: an outdated address serves while the name server is silent, after less than two seconds")
    func staleAddress() async throws {
        let resolver = PartlySilentResolver()
        defer { resolver.release() }
        let server = try RawServer.answering(Self.ok)
        let rules = LookupRules(freshness: .zero)
        try await withClient(.init(proxy: .none, resolver: resolver, lookups: rules)) { client in
            let request = Self.request(server.url(host: "turning.test"), source: nil)
            let fresh = try await client.send(request)
            #expect(fresh.status == 200)
            resolver.silence("turning.test")
            let late = try await client.send(request)
            #expect(late.status == 200)
            #expect(resolver.questions == ["turning.test", "turning.test"])
        }
    }

    @Test("S-19: names of strangers are asked for as full names; the operator's and localhost as they are")
    func finalDot() {
        let strangers = SystemHostResolver(.absolute)
        #expect(strangers.question(for: "client.example") == "client.example.")
        #expect(strangers.question(for: "idp.auth") == "idp.auth.")
        #expect(strangers.question(for: "localhost") == "localhost")
        #expect(strangers.question(for: "app.localhost") == "app.localhost")
        #expect(SystemHostResolver().question(for: "idp.auth") == "idp.auth")
    }

    @Test("localhost is found for strangers too, where the policy permits it")
    func localhost() throws {
        #expect(try SystemHostResolver(.absolute).addresses(of: "localhost").contains(.v4(0x7f00_0001)))
    }

    private static func request(_ url: String, source: String?) -> OutboundRequest {
        OutboundRequest(url: url, addressPolicy: .loopbackAllowed, source: source)
    }
}

/// Answers 127.0.0.1, except for names that begin with `slow` or were silenced: those wait until the release.
private final class PartlySilentResolver: HostResolver {
    private struct State {
        var questions: [String] = []
        var silenced: Set<String> = []
        var silentCount = 0
        var isReleased = false
    }

    private let state = Mutex(State())
    private let gate = DispatchGroup()

    init() { gate.enter() }

    var questions: [String] { state.withLock(\.questions) }
    /// The silent names that were asked for.
    var silentCount: Int { state.withLock(\.silentCount) }

    func silence(_ name: String) { state.withLock { _ = $0.silenced.insert(name) } }

    func release() {
        let isFirst = state.withLock { state in
            defer { state.isReleased = true }
            return !state.isReleased
        }
        if isFirst { gate.leave() }
    }

    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        let isSilent = state.withLock { state in
            state.questions.append(name)
            let isSilent = name.hasPrefix("slow") || state.silenced.contains(name)
            if isSilent { state.silentCount += 1 }
            return isSilent
        }
        guard isSilent else { return [.v4(0x7f00_0001)] }
        gate.wait()
        throw OutboundError(.resolveFailed, "no answer for \(name)")
    }
}
