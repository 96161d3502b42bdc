import Foundations
import OAuthProtocol

/// What a provider said about a failure, fit for a line of the log and of the audit trail: bounded, printable, one
/// line, and without anything that could be a credential.
///
/// The text is the provider's: it never reaches a page, a client or a decision other than the comparison with words
/// that the operator or a preset names (AZ-15, D-58).
package struct ProviderWords: Hashable, Sendable {
    /// The HTTP status; `nil` for words that came through the browser.
    package let status: Int?
    /// The value of `error`, or of the member that the provider uses in its place.
    package private(set) var error: String?
    /// The provider's sentence.
    package private(set) var text: String?

    /// The longest `error` and the longest sentence that are kept, in bytes.
    package static let byteCountMax = 200
    /// From this length on, a word with a digit may be a token, and is left out.
    static let opaqueWordByteCountMin = 24

    /// The words of an answer; a body that is not a JSON object, such as a proxy's page, has none.
    init(status: Int?, json: JSONObject?) {
        self.status = status
        error = (json?.firstText(at: ["error"]) ?? json?.firstCode(at: Self.errorPaths)).flatMap(Self.fit)
        text = json?.firstText(at: Self.textPaths).flatMap(Self.fit)
    }

    /// The words of an authorization response, which the browser delivered (RFC 6749 §4.1.2.1).
    package init(error: String, text: String?) {
        status = nil
        self.error = Self.fit(error)
        self.text = text.flatMap(Self.fit)
    }

    /// RFC 6749 §5.2, and what others send in its place.
    private static let errorPaths = [
        "error.code", "error.type", "error_code", "errorCode", "errcode", "code",
    ]
    private static let textPaths = [
        "error_description", "error.message", "errorSummary", "message", "error_message", "errmsg", "msg", "detail",
        "title",
    ]

    /// Removes values that this server sent, in case the provider repeats one.
    mutating func withhold(_ secrets: [String]) {
        // A shorter text could be part of an ordinary word.
        for secret in secrets where secret.utf8.count >= 4 {
            error = error?.replacing(secret, with: Self.gap)
            text = text?.replacing(secret, with: Self.gap)
        }
    }

    private static let gap = "[...]"

    /// Printable ASCII on one line, without opaque words; `nil` if nothing is left.
    private static func fit(_ text: String) -> String? {
        var fitting = ""
        var word = ""
        func end() {
            fitting += isOpaque(word) ? gap : word
            word = ""
        }
        // A longer one is cut before it is examined: the bound must bound the work too.
        for scalar in text.unicodeScalars.prefix(byteCountMax * 4) {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "~", "+", "/", "=": word.unicodeScalars.append(scalar)
            case " ", "!", "#"..."[", "]"..."}":
                end()
                fitting.unicodeScalars.append(scalar)
            case "\t", "\n", "\r":
                end()
                fitting += " "
            default:
                // Quotes and backslashes end a field of a log line; other scripts' marks can reorder it.
                end()
                fitting += "?"
            }
        }
        end()
        let line = fitting.split(separator: " ").joined(separator: " ").prefix(byteCountMax)
        return line.isEmpty ? nil : String(line)
    }

    private static func isOpaque(_ word: String) -> Bool {
        guard word.utf8.count >= opaqueWordByteCountMin else { return false }
        return word.utf8.contains(where: \.isASCIIDigit)
    }

    /// Whether the provider said one of these words of a dead grant: its `error`, the status of an answer without one,
    /// or a part of its sentence.
    func contain(anyOf words: Set<String>) -> Bool {
        words.contains { word in
            let word = word.lowercased()
            if let error, error.lowercased() == word { return true }
            if error == nil, let status, String(status) == word { return true }
            // A single word of a sentence is too little to end a connection.
            return word.contains(" ") && text?.lowercased().contains(word) ?? false
        }
    }
}

extension ProviderWords: CustomStringConvertible {
    /// Status, error and sentence, as far as there are any.
    package var description: String {
        [status.map { "status \($0)" }, error, text].compactMap(\.self).joined(separator: ": ")
    }
}
