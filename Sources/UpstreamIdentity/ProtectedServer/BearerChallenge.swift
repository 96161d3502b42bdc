import OAuthProtocol

/// RFC 6750 §3, RFC 9728 §5.1: what a 401 answer of a protected resource says about getting a token.
struct BearerChallenge: Hashable, Sendable {
    /// The URL of the resource's metadata.
    var metadataURL: String?
    /// The scopes that a token needs.
    var scopes: [String]?

    /// The first Bearer or DPoP challenge in the values of `WWW-Authenticate`; `nil` without one.
    ///
    /// RFC 9110 §11.6.1: a value may have several challenges. Parameters of another scheme are never read as ours.
    init?(_ values: [String]) {
        for value in values.prefix(8) where value.utf8.count <= 4096 {
            var reader = Reader(Array(value.utf8))
            for challenge in reader.challenges() where ["bearer", "dpop"].contains(challenge.scheme) {
                metadataURL = challenge.parameters["resource_metadata"]
                scopes = challenge.parameters["scope"].map { text in
                    text.split(separator: " ").map(String.init).filter(ScopeSet.isToken)
                }
                return
            }
        }
        return nil
    }
}

/// RFC 9110 §11.2, §5.6: challenges with their parameters; reading ends at the first malformed place.
private struct Reader {
    private let bytes: [UInt8]
    private var index = 0

    struct Challenge {
        var scheme: String
        var parameters: [String: String] = [:]
    }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func challenges() -> [Challenge] {
        var challenges: [Challenge] = []
        while true {
            skip(" \t,")
            guard let word = token() else { return challenges }
            let end = index
            skip(" \t")
            if peek == UInt8(ascii: "="), let last = challenges.indices.last {
                index += 1
                skip(" \t")
                guard let value = peek == UInt8(ascii: "\"") ? quoted() : unquoted() else { return challenges }
                // The first of repeated parameters holds: RFC 9110 §11.2 allows each once.
                if challenges[last].parameters[word.lowercased()] == nil {
                    challenges[last].parameters[word.lowercased()] = value
                }
            } else {
                index = end
                challenges.append(Challenge(scheme: word.lowercased()))
            }
        }
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skip(_ text: StaticString) {
        let skipped = Array("\(text)".utf8)
        while let byte = peek, skipped.contains(byte) { index += 1 }
    }

    private mutating func token() -> String? {
        let start = index
        while let byte = peek, byte > 0x20, byte < 0x7F, !"\"(),:;<=>?@[\\]{}".utf8.contains(byte) {
            index += 1
        }
        return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
    }

    /// A value without quotes; some servers write a URL so, which is no token.
    private mutating func unquoted() -> String? {
        let start = index
        while let byte = peek, byte > 0x20, byte < 0x7F, !",\"".utf8.contains(byte) { index += 1 }
        return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
    }

    private mutating func quoted() -> String? {
        index += 1
        var text: [UInt8] = []
        while let byte = peek {
            index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = peek else { return nil }
                index += 1
                text.append(escaped)
            } else {
                text.append(byte)
            }
        }
        return nil
    }
}
