import Foundations
package import OAuthProtocol
package import OutboundHTTP

/// RFC 9111 §4.2: how long a fetched document is used without another request, within our own bounds (CM-5).
package enum CacheLifetime {
    /// The shortest lifetime, a minute, whatever the host states: this server must not become its crawler.
    package static let minimum: Duration = .seconds(60)
    /// The longest lifetime, a day: a change must take effect.
    package static let maximum: Duration = .seconds(86_400)
    /// The lifetime when the host states none.
    package static let standard: Duration = .seconds(300)

    /// The lifetime of an answer that arrived at `now`.
    package static func lifetime(of response: OutboundResponse, now: Timestamp) -> Duration {
        min(max(stated(response, now: now) ?? standard, minimum), maximum)
    }

    private static func stated(_ response: OutboundResponse, now: Timestamp) -> Duration? {
        let directives = response.values(of: "cache-control").flatMap { $0.split(separator: ",") }
            .map { $0.split(separator: " ").joined().lowercased() }
        if directives.contains(where: { ["no-store", "no-cache", "private"].contains($0) }) {
            return .zero
        }
        // RFC 9111 §5.2.2.10: this server serves many users, so the shared directive takes precedence.
        for name in ["s-maxage=", "max-age="] {
            guard let directive = directives.first(where: { $0.hasPrefix(name) }) else { continue }
            let text = directive.dropFirst(name.utf8.count).filter { $0 != "\"" }
            // RFC 9111 §4.2.1: what cannot be read is stale. More digits than a day has saturate.
            guard !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit) else { return .zero }
            let age = response.values(of: "age").first.flatMap { Int64($0) } ?? 0
            guard let seconds = Int64(text), seconds < 1 << 40 else { return maximum }
            return .seconds(seconds - max(0, age))
        }
        guard let expires = response.values(of: "expires").first else { return nil }
        // RFC 9111 §5.3: an invalid date, especially 0, is in the past.
        guard let expiry = moment(expires) else { return .zero }
        let origin = response.values(of: "date").first.flatMap(moment) ?? now
        return expiry - origin
    }

    private static func moment(_ text: String) -> Timestamp? {
        HTTPDate.secondsSinceEpoch(text).map(Timestamp.init(secondsSinceEpoch:))
    }
}
