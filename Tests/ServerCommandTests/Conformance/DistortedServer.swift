import OAuthProtocol
import OutboundHTTP

/// A server with one named fault: the real one, whose answers are changed on their way.
struct DistortedServer: OutboundTransport {
    typealias Distortion =
        @Sendable (OutboundRequest, any OutboundTransport) async throws(OutboundError) -> OutboundResponse

    let base: any OutboundTransport
    let distort: Distortion

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        try await distort(request, base)
    }

    /// Changes the answers to requests whose URL contains a text.
    static func answers(
        to part: String,
        _ change: @escaping @Sendable (inout OutboundResponse, OutboundRequest) -> Void
    ) -> Distortion {
        { (request, base) async throws(OutboundError) in
            var response = try await base.send(request)
            if request.url.contains(part) { change(&response, request) }
            return response
        }
    }

    /// Changes the JSON object of answers.
    static func json(
        of part: String,
        _ change: @escaping @Sendable (inout JSONObject, OutboundRequest) -> Void
    ) -> Distortion {
        answers(to: part) { response, request in response.edit { change(&$0, request) } }
    }

    /// Changes the metadata, at each of its addresses.
    static func metadata(_ change: @escaping @Sendable (inout JSONObject) -> Void) -> Distortion {
        json(of: "/.well-known/o") { json, _ in change(&json) }
    }
}

extension OutboundResponse {
    /// Changes the body's JSON object.
    mutating func edit(_ change: (inout JSONObject) -> Void) {
        // Other bodies stay as they are.
        guard var json = try? JSONParser.parseObject(body) else { return }
        change(&json)
        body = json.serialized()
    }

    /// Replaces a header field; `nil` removes it.
    mutating func set(_ name: String, _ value: String?) {
        headerFields.removeAll { $0.name.lowercased() == name }
        if let value { headerFields.append((name, value)) }
    }

    /// The same answer as JSON with another status.
    static func json(_ status: Int, _ json: JSONObject) -> OutboundResponse {
        OutboundResponse(
            status: status,
            headerFields: [("content-type", "application/json"), ("cache-control", "no-store")],
            body: json.serialized()
        )
    }
}

extension OutboundRequest {
    /// The parameters of the query or, for POST, of the body.
    var form: FormParameters? {
        let text = method == "POST" ? String(decoding: body, as: UTF8.self) : query
        // Other bodies have no parameters.
        return try? FormParameters(query: text)
    }

    var query: String { url.firstIndex(of: "?").map { String(url[url.index(after: $0)...]) } ?? "" }
}
