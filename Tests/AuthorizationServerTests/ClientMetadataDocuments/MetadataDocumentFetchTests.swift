import AuthorizationServer
import AuthorizationServerTesting
import HTTPTypes
import Logging
import OAuthProtocol
import OutboundHTTP
import SocketHTTP
import Testing

@Suite("OAuth Client ID Metadata Document §5: fetching within limits (CM-2, D-81 … D-88)")
struct MetadataDocumentFetchTests {
    static let now = Timestamp(secondsSinceEpoch: 1_795_420_800)

    static func fetch(
        _ url: String,
        allowsLoopback: Bool = true,
        byteCountMax: Int = 5120
    ) async throws -> MetadataDocumentFailure? {
        let client = try CurlClient(logger: Logger(label: "fetch") { _ in SwiftLogNoOpLogHandler() })
        let fetch = MetadataDocumentFetch(
            transport: client,
            policy: .init(),
            allowsLoopback: allowsLoopback,
            byteCountMax: byteCountMax
        )
        var failure: MetadataDocumentFailure?
        let address = try ClientIDURL(url, allowsLoopback: allowsLoopback)
        do throws(MetadataDocumentFailure) {
            _ = try await fetch.document(at: address, entityTag: nil, source: nil, now: now)
        } catch {
            failure = error
        }
        await client.shutdown()
        return failure
    }

    static func expect(
        _ kind: MetadataDocumentFailure.Kind?,
        _ url: String,
        byteCountMax: Int = 5120,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let failure = try await fetch(url, byteCountMax: byteCountMax)
        #expect(failure?.kind == kind, sourceLocation: sourceLocation)
    }

    @Test("CM-2: asks for JSON, sends no credentials, follows nothing")
    func request() async throws {
        try await DocumentHost.run { host in
            try await Self.expect(nil, host.publish())
            let request = try #require(host.requests.first)
            #expect(request.method == .get)
            #expect(request.values(of: .accept) == ["application/json"])
            #expect(request.values(of: .cookie).isEmpty && request.values(of: .authorization).isEmpty)
        }
    }

    @Test("D-84: a redirect is not followed, wherever it leads")
    func redirect() async throws {
        try await DocumentHost.run { host in
            let target = host.publish(at: "/target.json") { $0["client_id"] = .string(host.url()) }
            for status in [HTTPResponse.Status.movedPermanently, .found, .temporaryRedirect] {
                for location in [target, "http://169.254.169.254/latest/meta-data"] {
                    host.serve(.init(status: status, fields: [.location: location]))
                    try await Self.expect(.badAnswer, host.url())
                }
            }
            #expect(!host.requests.contains { $0.path == "/target.json" })
        }
    }

    @Test(
        "CM-2, D-85: answers that are no document",
        arguments: [
            (200, "text/html", "<html></html>"), (200, "application/json", "[]"), (200, "text/plain", "{}"),
            (200, "application/json, text/html", "{}"), (204, "application/json", ""), (404, "application/json", "{}"),
            (500, "application/json", "{}"), (200, "", "{}"), (206, "application/json", "{}"),
            (304, "application/json", ""),
        ]
    )
    func answers(_ status: Int, _ type: String, _ body: String) async throws {
        try await DocumentHost.run { host in
            host.publish()
            let good = try #require(host.requests.isEmpty ? host.url() : nil)
            var fields = HTTPFields()
            if !type.isEmpty { fields[.contentType] = type }
            host.serve(.init(status: .init(code: status), fields: fields, body: Array(body.utf8)))
            let failure = try #require(try await Self.fetch(good))
            #expect([.badAnswer, .badDocument].contains(failure.kind))
        }
    }

    @Test("CM-2: application/*+json is JSON too")
    func suffix() async throws {
        try await DocumentHost.run { host in
            host.publish(fields: [:])
            var json: JSONObject = ["client_id": .string(host.url()), "client_name": "C"]
            json["redirect_uris"] = ["https://client.example/cb"]
            host.serve(
                .init(fields: [.contentType: "application/oauth-client+json; charset=utf-8"], body: json.serialized())
            )
            try await Self.expect(nil, host.url())
        }
    }

    @Test("D-85: ten megabytes, and one byte too many, are cut off")
    func size() async throws {
        try await DocumentHost.run { host in
            host.publish { $0["padding"] = .string(String(repeating: "x", count: 10_000_000)) }
            try await Self.expect(.badAnswer, host.url())
            host.publish { $0["padding"] = .string(String(repeating: "x", count: 5000)) }
            try await Self.expect(.badAnswer, host.url())
            try await Self.expect(nil, host.url(), byteCountMax: 65_536)
        }
    }

    @Test("D-85: a compressed answer is not unpacked")
    func compressed() async throws {
        try await DocumentHost.run { host in
            host.publish(fields: [.contentEncoding: "gzip"])
            try await Self.expect(.badAnswer, host.url())
        }
    }

    @Test(
        "D-81, D-82: hosts inside, in every spelling, are refused before anything is dialled",
        arguments: [
            "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[::1]",
            "[fc00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[::]", "0x7f.1", "2130706433",
            "127.1",
            "localhost", "localhost.", "client.example.", "intranet",
        ]
    )
    func inside(_ host: String) async throws {
        let failure = try await Self.fetch("https://\(host)/client.json", allowsLoopback: false)
        #expect(failure?.kind == .addressRefused)
    }

    @Test("D-81: an issuer on loopback may be given documents from loopback, and from nowhere else inside")
    func loopbackIssuer() async throws {
        for host in ["10.0.0.1", "169.254.169.254", "[fe80::1]", "192.168.1.1"] {
            try await Self.expect(.addressRefused, "https://\(host)/client.json")
        }
    }

    @Test("CM-6: each way that a transport fails has its class, and the reason names no address")
    func classes() async throws {
        for code in OutboundError.Code.allCases {
            let fetch = MetadataDocumentFetch(
                transport: FailingTransport(code: code),
                policy: .init(),
                allowsLoopback: false,
                byteCountMax: 5120
            )
            let url = try ClientIDURL("https://client.example/c", allowsLoopback: false)
            do throws(MetadataDocumentFailure) {
                _ = try await fetch.document(at: url, entityTag: nil, source: nil, now: Self.now)
                Issue.record("\(code) was not reported")
            } catch {
                #expect(!error.reason.contains("10.1.2.3"))
                #expect(error.kind != .badDocument)
            }
        }
    }
}

/// Fails every request.
private struct FailingTransport: OutboundTransport {
    let code: OutboundError.Code

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        throw OutboundError(code, "10.1.2.3 did not answer")
    }
}
