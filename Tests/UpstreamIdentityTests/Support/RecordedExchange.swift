import Foundation
import OAuthProtocol
import OutboundHTTP
import Synchronization
import Testing

/// A provider's exchanges, read from a fixture file.
struct Recording: Sendable {
    let preset: String
    let json: JSONObject

    static let folder = String(#filePath.dropLast("Support/RecordedExchange.swift".count)) + "Fixtures/"

    init(preset: String) throws {
        self.preset = preset
        json = try JSONParser.parseObject(Array(Data(contentsOf: URL(filePath: Recording.folder + preset + ".json"))))
    }

    /// The names of all fixture files.
    static func names() throws -> Set<String> {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        return Set(files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) })
    }

    var configuration: JSONObject { json["configuration"]?.objectValue ?? [:] }
    var authorization: JSONObject { json["authorization"]?.objectValue ?? [:] }
    var steps: [JSONObject] { json["steps"]?.arrayValue?.compactMap(\.objectValue) ?? [] }
}

/// Plays exchanges in their order and compares each request with the recorded one.
final class RecordedTransport: OutboundTransport {
    private struct State {
        var exchanges: [JSONObject] = []
        var values: [String: String] = [:]
        var index = 0
    }

    private let state = Mutex(State())

    /// Takes the exchanges of a step; `values` replace `{{name}}` in them.
    func begin(_ exchanges: [JSONObject], values: [String: String]) {
        state.withLock { $0 = State(exchanges: exchanges, values: values, index: 0) }
    }

    /// The number of recorded exchanges that were not asked for.
    var remaining: Int { state.withLock { $0.exchanges.count - $0.index } }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let next: (exchange: JSONObject, values: [String: String])? = state.withLock { state in
            guard state.index < state.exchanges.count else { return nil }
            defer { state.index += 1 }
            return (state.exchanges[state.index], state.values)
        }
        guard let next else {
            Issue.record("unexpected \(request.method) \(request.url)")
            throw OutboundError(.connectFailed, "nothing is recorded")
        }
        let response = next.exchange["response"]?.objectValue ?? [:]
        do {
            try compare(request, next.exchange["request"]?.objectValue ?? [:], next.values)
        } catch {
            Issue.record("\(request.method) \(request.url): \(error)")
        }
        return RecordedTransport.response(response, next.values)
    }

    private func compare(_ request: OutboundRequest, _ recorded: JSONObject, _ values: [String: String]) throws {
        #expect(request.method == recorded["method"]?.stringValue)
        #expect(request.url == recorded["url"]?.stringValue)
        for (name, value) in recorded["fields"]?.objectValue?.members ?? [] {
            #expect(request.field(name) == value.stringValue)
        }
        if let json = recorded["json"]?.objectValue {
            #expect(try JSONParser.parseObject(request.body) == json)
        }
        // Apple: the client secret is an assertion of the team, signed anew each time.
        if let claims = recorded["client_secret_jwt"]?.objectValue {
            let parts = try #require(try request.form.single("client_secret")).split(separator: ".")
            try #require(parts.count == 3)
            let header = try JSONParser.parseObject(try #require(Base64URL.decode(String(parts[0]))))
            #expect(header["alg"] == "ES256" && header["kid"] == "team-key")
            let payload = try JSONParser.parseObject(try #require(Base64URL.decode(String(parts[1]))))
            for (name, value) in claims.members { #expect(payload[name] == value) }
            #expect(payload["exp"] != nil && payload["iat"] != nil)
            #expect(!(try request.form.names).contains("client_assertion"))
        }
        if let form = recorded["form"]?.objectValue {
            let sent = try request.form
            for (name, value) in form.members {
                #expect(try sent.single(name) == value.stringValue.map { RecordedTransport.filled($0, values) })
            }
            #expect(Set(sent.names) == Set(form.names))
        }
    }

    private static func response(_ recorded: JSONObject, _ values: [String: String]) -> OutboundResponse {
        let text = recorded["text"]?.stringValue ?? recorded["body"]?.serializedString() ?? ""
        let type = recorded["type"]?.stringValue ?? "application/json; charset=utf-8"
        let fields = recorded["fields"]?.objectValue?.members ?? []
        return OutboundResponse(
            status: recorded["status"]?.integerValue ?? 0,
            headerFields: [("Content-Type", type)] + fields.map { ($0.name, $0.value.stringValue ?? "") },
            body: Array(filled(text, values).utf8)
        )
    }

    static func filled(_ text: String, _ values: [String: String]) -> String {
        values.reduce(text) { $0.replacingOccurrences(of: "{{\($1.key)}}", with: $1.value) }
    }
}
