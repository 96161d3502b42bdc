import Foundation

/// A request that a test sends beside the real clients; sent by `http_requests.py`, an HTTP client that was written
/// elsewhere.
struct HTTPExchange: Encodable, Sendable {
    var method = "GET"
    var url: String
    var headers: [String: String]?
    var form: [String: String]?
    var basic: [String]?

    /// What came back; header names are in lower case.
    struct Answer: Decodable, Sendable {
        let status: Int
        let headers: [String: String]
        let body: String

        func json<Value: Decodable>(as type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: Data(body.utf8))
        }
    }

    /// Sends the requests in order over one client.
    static func send(_ requests: [HTTPExchange]) async throws -> [Answer] {
        let input = try JSONEncoder().encode(requests)
        return try await VirtualEnvironment.mcp2.run("http_requests.py", input: input, as: [Answer].self)
    }

    static func send(_ request: HTTPExchange) async throws -> Answer {
        guard let answer = try await send([request]).first else { throw HarnessError("no answer from \(request.url)") }
        return answer
    }
}

/// The members of an OAuth error answer that tests look at.
struct ErrorAnswer: Decodable {
    let error: String
}
