import HTTPTypes
import SocketHTTP

/// RFC 6750 §2.1: the bearer token of the Authorization header; never of the query or the body.
enum BearerToken {
    /// The token, or `nil` when there is none, more than one header, or another scheme.
    static func read(_ request: Request) -> String? {
        let headers = request.values(of: .authorization)
        guard headers.count == 1 else { return nil }
        let parts = headers[0].split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}
