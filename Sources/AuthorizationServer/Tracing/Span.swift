/// A span that has ended: what was done, when, and how it went.
///
/// It has fixed words, methods, routes, statuses and host names only: no query, no header's value, no client, no user.
struct Span: Sendable {
    /// OpenTelemetry's kinds of spans, by their numbers in the protocol.
    enum Kind: Int, Sendable {
        case `internal` = 1
        case server = 2
        case client = 3
    }

    /// The value of an attribute.
    enum Value: Equatable, Sendable {
        case text(String)
        case integer(Int)
    }

    let context: SpanContext
    let name: String
    let kind: Kind
    /// The measuring clock at the beginning, and at the end.
    let time: (start: Int64, end: Int64)
    /// Names of OpenTelemetry's semantic conventions where there are any.
    var attributes: [(name: String, value: Value)] = []
    /// Whether it failed on this side.
    var isFailed = false
}
