import Foundations
package import OAuthProtocol
package import OutboundHTTP

/// RFC 9111 §4.2: for how long a fetched document is used without asking again, within bounds of ours (CM-5).
package enum CacheLifetime {
    /// A document is asked for again after a minute at the earliest, whatever its host says: it must not make us its crawler.
    package static let minimum: Duration = .seconds(60)
    /// A document is asked for again after a day at the latest: a change must arrive.
    package static let maximum: Duration = .seconds(86_400)
    /// For a host that says nothing.
    package static let standard: Duration = .seconds(300)

    /// The lifetime of an answer that came at `now`.
    package static func lifetime(of response: OutboundResponse, now: Timestamp) -> Duration {
        min(max(stated(response, now: now) ?? standard, minimum), maximum)
    }

    private static func stated(_ response: OutboundResponse, now: Timestamp) -> Duration? {
        let directives = response.values(of: "cache-control").flatMap { $0.split(separator: ",") }
            .map { $0.split(separator: " ").joined().lowercased() }
        if directives.contains(where: { ["no-store", "no-cache", "private"].contains($0) }) {
            return .zero
        }
        // RFC 9111 §5.2.2.10: we serve many users, so the shared directive wins.
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
