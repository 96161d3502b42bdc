package import OAuthProtocol
import UpstreamIdentity

/// RFC 7519 §4: what the claims of another issuer's token must say, as data; there is no expression language.
package indirect enum ClaimRule: Hashable, Sendable {
    /// The claim at a path has one of the values; of a claim with several values, one is enough.
    case claim(String, anyOf: [ValuePattern])
    /// Every rule holds.
    case all([ClaimRule])
    /// At least one rule holds.
    case any([ClaimRule])

    /// The words that combine rules and therefore name no claim.
    static let combinators: Set<String> = ["all", "any"]
    /// How deep rules may be nested.
    static let depthMax = 8

    /// Whether claims comply; a claim that is missing, or is an object, complies with nothing.
    package func accepts(_ claims: JSONObject) -> Bool {
        switch self {
        case .claim(let path, let patterns):
            let texts = Self.value(at: path, in: claims).map(Self.texts) ?? []
            return texts.contains { text in patterns.contains { $0.matches(text) } }
        case .all(let rules): return rules.allSatisfy { $0.accepts(claims) }
        case .any(let rules): return rules.contains { $0.accepts(claims) }
        }
    }

    /// The value at a path; each part may contain dots itself, such as `kubernetes.io`.
    static func value(at path: String, in claims: JSONObject) -> JSONValue? {
        if let value = claims[path] { return value }
        for dot in path.indices where path[dot] == "." {
            guard let inner = claims[String(path[..<dot])]?.objectValue else { continue }
            if let value = value(at: String(path[path.index(after: dot)...]), in: inner) { return value }
        }
        return nil
    }

    private static func texts(_ value: JSONValue) -> [String] {
        if let values = value.arrayValue { return values.compactMap(text) }
        return text(value).map { [$0] } ?? []
    }

    private static func text(_ value: JSONValue) -> String? {
        if let text = value.stringValue { return text }
        if let number = value.integerValue { return String(number) }
        return value.boolValue.map { $0 ? "true" : "false" }
    }
}

/// A text, or a pattern of texts: `*` is any run of characters without `/` and `:`, and `**` any run at all.
///
/// A single star keeps to its part of a name such as `repo:corp/app:ref:refs/heads/main`, because the parts are often
/// chosen by different people, and one of them must not be able to write another's.
package struct ValuePattern: Hashable, Sendable {
    /// The pattern as it was configured.
    package let text: String

    /// The longest pattern, in bytes.
    static let byteCountMax = 512

    /// A pattern.
    package init(_ text: String) {
        self.text = text
    }

    /// Whether a text matches in whole, byte for byte.
    ///
    /// The time is bounded by the product of both lengths.
    package func matches(_ candidate: String) -> Bool {
        let candidate = Array(candidate.utf8)
        var reached = [true] + [Bool](repeating: false, count: candidate.count)
        for step in Self.steps(text) {
            var next = [Bool](repeating: false, count: candidate.count + 1)
            for (index, isReached) in reached.enumerated() {
                switch step {
                case .byte(let byte):
                    if isReached, index < candidate.count, candidate[index] == byte { next[index + 1] = true }
                case .run(let crossesParts):
                    if isReached { next[index] = true }
                    guard next[index], index < candidate.count else { continue }
                    if crossesParts || !Self.separators.contains(candidate[index]) { next[index + 1] = true }
                }
            }
            reached = next
        }
        return reached[candidate.count]
    }

    private enum Step {
        case byte(UInt8)
        case run(crossesParts: Bool)
    }

    private static let separators: Set<UInt8> = [UInt8(ascii: "/"), UInt8(ascii: ":")]

    private static func steps(_ text: String) -> [Step] {
        let star = UInt8(ascii: "*")
        return text.utf8.reduce(into: []) { steps, byte in
            guard byte == star else { return steps.append(.byte(byte)) }
            guard case .run? = steps.last else { return steps.append(.run(crossesParts: false)) }
            steps[steps.count - 1] = .run(crossesParts: true)
        }
    }
}
