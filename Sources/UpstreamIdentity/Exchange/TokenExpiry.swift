import Foundations
import OAuthProtocol

/// RFC 6749 §5.1: how long a token lives, in every spelling that providers use.
///
/// A lifetime that is stated but not understood would make an expired token look like one that lives for ever.
enum TokenExpiry {
    /// A hundred years; longer lifetimes mean "never".
    private static let lifetimeSecondsMax = 3_155_760_000
    /// A number this large in the place of a moment is one; a smaller one is a lifetime.
    private static let momentSecondsMin = 1_000_000_000.0
    /// How far a moment in the place of a lifetime may be from now to be taken for one, in seconds.
    private static let momentWindow = -86_400.0...34_560_000.0

    /// The lifetime that an answer states; `nil` if it states none.
    ///
    /// - Parameters:
    ///   - json: The answer.
    ///   - layout: Where it states it.
    ///   - hasRefreshToken: Whether the token can be refreshed. Without a refresh token, a lifetime of 0 means that the
    ///     token does not expire (Mailchimp), because an expired one would be of no use to anybody.
    ///   - receivedAt: When the answer arrived.
    /// - Returns: The lifetime; `nil` when it is not stated, or has no end.
    static func lifetime(
        in json: JSONObject,
        layout: TokenResponseLayout,
        hasRefreshToken: Bool,
        receivedAt: Timestamp
    ) -> Duration? {
        if let value = json.firstValue(at: layout.expiresIn), let seconds = number(value) {
            let now = Double(receivedAt.secondsSinceEpoch)
            if momentWindow.contains(seconds - now), seconds >= momentSecondsMin {
                return remaining(until: seconds * 1000, receivedAt)
            }
            if seconds == 0, !hasRefreshToken { return nil }
            return duration(seconds)
        }
        guard let value = json.firstValue(at: layout.expiresAt) else { return nil }
        guard let seconds = number(value) else {
            return value.stringValue.flatMap(milliseconds).flatMap { remaining(until: $0, receivedAt) }
        }
        guard seconds >= momentSecondsMin else {
            return seconds == 0 && !hasRefreshToken ? nil : duration(seconds)
        }
        return remaining(until: milliseconds(ofMoment: seconds), receivedAt)
    }

    /// The lifetime of a refresh token; 0 means that it does not expire (Keycloak).
    static func refreshLifetime(in json: JSONObject, layout: TokenResponseLayout) -> Duration? {
        guard let value = json.firstValue(at: layout.refreshExpiresIn), let seconds = number(value), seconds > 0 else {
            return nil
        }
        return duration(seconds)
    }

    private static func duration(_ seconds: Double) -> Duration? {
        guard 0...Double(lifetimeSecondsMax) ~= seconds else { return nil }
        return .seconds(Int(seconds))
    }

    /// A moment that has passed leaves nothing; one that is more than a hundred years ahead means "never".
    private static func remaining(until milliseconds: Double, _ now: Timestamp) -> Duration? {
        let seconds = ((milliseconds - Double(now.millisecondsSinceEpoch)) / 1000).rounded(.down)
        return duration(max(0, seconds))
    }

    /// A number, or a text that is one: `3600`, `"3600"`, `3600.0`, `3.6e3`.
    private static func number(_ value: JSONValue) -> Double? {
        let text: Substring
        switch value {
        case .number(let number): text = number.text[...]
        case .string(let string): text = string.trimmed
        case .null, .bool, .array, .object: return nil
        }
        // Swift also reads hexadecimal numbers and "nan".
        guard 1...32 ~= text.utf8.count, text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }),
            let number = Double(text), number.isFinite
        else { return nil }
        return number
    }

    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, which differ in size until the year 5138.
    private static func milliseconds(ofMoment number: Double) -> Double {
        switch number {
        case ..<1e11: number * 1000
        case ..<1e14: number
        case ..<1e17: number / 1000
        default: number / 1_000_000
        }
    }

    /// The milliseconds since 1970 that a text names: `2026-11-30T04:05:06.5+01:00`, also with a space in place of the
    /// `T`, without seconds or without a zone (UTC), or a date as header fields have it.
    private static func milliseconds(_ text: String) -> Double? {
        let text = text.trimmed
        guard text.utf8.count <= 64 else { return nil }
        if let seconds = HTTPDate.secondsSinceEpoch(String(text)) { return Double(seconds) * 1000 }
        let zone = /([Zz]|UTC|GMT|[+-]\d\d:?(?:\d\d)?)/
        let time = /(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?/
        guard text.utf8.count > 11, let day = text.prefix(10).wholeMatch(of: /(\d{4})-(\d\d)-(\d\d)/),
            let separator = text.dropFirst(10).first, "Tt ".contains(separator),
            let clock = text.dropFirst(11).prefixMatch(of: time)
        else { return nil }
        let rest = text[clock.range.upperBound...].drop { $0 == " " }
        guard rest.isEmpty || rest.wholeMatch(of: zone) != nil
        else { return nil }
        let numbers = [day.1, day.2, day.3, clock.1, clock.2, clock.3 ?? "0"].compactMap { Int($0) }
        guard numbers.count == 6, 1...12 ~= numbers[1], 0...23 ~= numbers[3], 0...59 ~= numbers[4],
            0...60 ~= numbers[5]
        else { return nil }
        let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
        let days = date.daysSinceEpoch
        guard CivilDate(daysSinceEpoch: days) == date else { return nil }
        let seconds = ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5] - offset(rest)
        let fraction = clock.4.flatMap { Double("0." + $0) } ?? 0
        return (Double(seconds) + fraction) * 1000
    }

    /// The seconds by which a zone is ahead of UTC.
    private static func offset(_ zone: Substring) -> Int {
        guard let sign = zone.first, sign == "+" || sign == "-" else { return 0 }
        let digits = zone.dropFirst().filter { $0 != ":" }
        let hours = Int(digits.prefix(2)) ?? 0
        let minutes = Int(digits.dropFirst(2)) ?? 0
        return (sign == "-" ? -1 : 1) * (hours * 60 + minutes) * 60
    }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmed: Substring {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
