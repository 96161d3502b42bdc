import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import SocketHTTP

@testable import AuthorizationServer

/// A collector of spans in this process: what a server posted to it.
struct Collector {
    static let path = "/v1/traces"
    static let credential = "Bearer credential-of-the-collector"

    let host: DocumentHost

    /// Runs a server whose spans go to a collector.
    static func run(
        share: Double = 1,
        proxies: Bool = false,
        _ body: (TestServer, Collector) async throws -> Void
    ) async throws {
        try await DocumentHost.run { host in
            host.serve(.init(body: Array("{}".utf8)), at: path)
            var header = Configuration.Header()
            header.name = "authorization"
            header.value = .value(.init(credential))
            let headers = [header]
            try await TestServer.run(
                configure: {
                    $0.tracing.otlp.endpoint = host.url(path)
                    $0.tracing.otlp.headers = headers
                    $0.tracing.otlp.share = share
                    if proxies { $0.trustedProxies = [.init(.loopback, prefixLength: 8)] }
                },
                { server in try await body(server, Collector(host: host)) }
            )
        }
    }

    var requests: [Request] { host.requests.filter { $0.path == Self.path } }

    /// Everything that was posted, as text.
    var text: String { requests.map { String(decoding: $0.body, as: UTF8.self) }.joined(separator: "\n") }

    /// The spans so far.
    func spans() throws -> [CollectedSpan] {
        try requests.flatMap { try CollectedSpan.all(in: $0.body) }
    }
}

/// A span as a collector reads it.
struct CollectedSpan {
    let json: JSONObject

    /// The spans of a message.
    static func all(in body: [UInt8]) throws -> [CollectedSpan] {
        let message = try JSONParser.parseObject(body)
        let groups = message["resourceSpans"]?.arrayValue ?? []
        return groups.flatMap { $0.objectValue?["scopeSpans"]?.arrayValue ?? [] }
            .flatMap { $0.objectValue?["spans"]?.arrayValue ?? [] }
            .compactMap(\.objectValue).map(CollectedSpan.init)
    }

    var name: String { json["name"]?.stringValue ?? "" }
    var kind: Int? { json["kind"]?.integerValue }
    var traceID: String { json["traceId"]?.stringValue ?? "" }
    var spanID: String { json["spanId"]?.stringValue ?? "" }
    var parentID: String? { json["parentSpanId"]?.stringValue }
    var isFailed: Bool { json["status"]?.objectValue?["code"]?.integerValue == 2 }
    var start: Int? { json["startTimeUnixNano"]?.stringValue.flatMap { Int($0) } }
    var end: Int? { json["endTimeUnixNano"]?.stringValue.flatMap { Int($0) } }

    /// An attribute's value, numbers as text.
    subscript(name: String) -> String? {
        let attributes = json["attributes"]?.arrayValue ?? []
        let value = attributes.compactMap(\.objectValue).first { $0["key"]?.stringValue == name }?["value"]?.objectValue
        return value?["stringValue"]?.stringValue ?? value?["intValue"]?.stringValue
    }
}
