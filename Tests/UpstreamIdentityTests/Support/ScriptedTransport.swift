import OAuthProtocol
import OutboundHTTP
import Synchronization

/// A transport that answers from a script and keeps what it was asked; nothing leaves the process.
final class ScriptedTransport: OutboundTransport {
    typealias Answer = @Sendable (OutboundRequest) async -> Result<OutboundResponse, OutboundError>

    private struct State {
        var answers: [String: [Answer]] = [:]
        var requests: [OutboundRequest] = []
    }

    private let state = Mutex(State())

    /// Puts answers into the queue of a URL (without query); the last one repeats.
    func on(_ url: String, _ answers: Answer...) {
        state.withLock { $0.answers[url, default: []].append(contentsOf: answers) }
    }

    /// Replaces the queue of a URL.
    func replace(_ url: String, _ answers: Answer...) {
        state.withLock { $0.answers[url] = answers }
    }

    /// Every request so far, in order.
    var requests: [OutboundRequest] { state.withLock(\.requests) }

    /// The requests to a URL.
    func requests(to url: String) -> [OutboundRequest] {
        requests.filter { ScriptedTransport.address($0.url) == url }
    }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let answer: Answer? = state.withLock { state in
            state.requests.append(request)
            let url = ScriptedTransport.address(request.url)
            guard var queue = state.answers[url], let first = queue.first else { return nil }
            if queue.count > 1 { queue.removeFirst() }
            state.answers[url] = queue
            return first
        }
        guard let answer else { throw OutboundError(.connectFailed, "nothing is scripted for this address") }
        return try await answer(request).get()
    }

    private static func address(_ url: String) -> String {
        String(url.prefix { $0 != "?" })
    }
}

extension ScriptedTransport {
    static func json(_ object: JSONObject, status: Int = 200) -> Answer {
        body(object.serialized(), type: "application/json", status: status)
    }

    static func text(_ text: String, type: String = "application/json", status: Int = 200) -> Answer {
        body(Array(text.utf8), type: type, status: status)
    }

    static func body(_ body: [UInt8], type: String, status: Int = 200) -> Answer {
        { _ in .success(OutboundResponse(status: status, headerFields: [("content-type", type)], body: body)) }
    }

    /// An answer of a status alone, with `Retry-After` if given.
    static func status(_ status: Int, retryAfter: String? = nil) -> Answer {
        let fields = retryAfter.map { [(name: "Retry-After", value: $0)] } ?? []
        return { _ in .success(OutboundResponse(status: status, headerFields: fields, body: [])) }
    }

    /// An exchange that fails without an answer.
    static func failure(_ code: OutboundError.Code) -> Answer {
        { _ in .failure(OutboundError(code, "scripted")) }
    }
}

extension OutboundRequest {
    var form: FormParameters {
        get throws { try FormParameters(parsing: body) }
    }

    /// The first value of a header field.
    func field(_ name: String) -> String? {
        headerFields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
