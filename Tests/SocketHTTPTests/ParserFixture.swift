import HTTPTypes
import SocketHTTP

/// What a stream of bytes comes to, in a form that can be compared.
enum Transcript: Equatable, CustomStringConvertible {
    case request(method: String, path: String, query: String?, fields: [String], body: [UInt8], keepsAlive: Bool)
    case needMore
    case reject(Int, String)

    init(_ outcome: RequestParser.Outcome) {
        switch outcome {
        case .request(let request):
            self = .request(
                method: request.method.rawValue,
                path: request.path,
                query: request.query,
                fields: request.fields.all.map { "\($0.name)=\($0.value)" },
                body: request.body,
                keepsAlive: request.keepsAlive
            )
        case .needMore:
            self = .needMore
        case .reject(let rejection):
            self = .reject(rejection.status.code, rejection.reason)
        }
    }

    var description: String {
        switch self {
        case .request(let method, let path, let query, _, let body, _):
            "\(method) \(path) \(query ?? "-") \(body.count)"
        case .needMore: "needMore"
        case .reject(let status, let reason): "\(status) \(reason)"
        }
    }
}

/// Feeds pieces to one parser and gives everything that came out, up to the state that stays.
func transcripts(
    _ pieces: [[UInt8]],
    limits: RequestLimits = RequestLimits()
) -> [Transcript] {
    var parser = RequestParser(limits: limits)
    var found: [Transcript] = []
    var last = Transcript.needMore
    for piece in pieces {
        var outcome = parser.feed(piece.span)
        while case .request = outcome {
            found.append(Transcript(outcome))
            outcome = parser.next()
        }
        last = Transcript(outcome)
        if case .reject = outcome { break }
    }
    return found + [last]
}

/// What one piece of text comes to.
func outcome(_ text: String, limits: RequestLimits = RequestLimits()) -> Transcript {
    transcripts([Array(text.utf8)], limits: limits).first ?? .needMore
}

/// The status a text is refused with; `nil` when it is not.
func refusal(_ text: String, limits: RequestLimits = RequestLimits()) -> Int? {
    guard case .reject(let status, _) = outcome(text, limits: limits) else { return nil }
    return status
}
