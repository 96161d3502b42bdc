import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 6749 Appendix B: the form in the body of a POST.
enum FormBody {
    /// Reads the form (TK-1: exactly one media type, form-urlencoded; parameters in the query do not count), in which
    /// nothing is repeated that must not be (D-9).
    ///
    /// - Throws: `invalid_request` for another or a doubled Content-Type, broken escapes, too many parameters, or a
    ///   repeated one.
    static func parse(_ request: Request) throws(OAuthError) -> FormParameters {
        let form = try read(request)
        try checkRepetition(form)
        return form
    }

    private static func read(_ request: Request) throws(OAuthError) -> FormParameters {
        guard isForm(request) else {
            throw OAuthError(.invalidRequest, "Content-Type must be application/x-www-form-urlencoded")
        }
        do {
            return try FormParameters(parsing: request.body)
        } catch .tooManyParameters {
            throw OAuthError(.invalidRequest, "too many parameters")
        } catch {
            throw OAuthError(.invalidRequest, "the form is malformed")
        }
    }

    private static func isForm(_ request: Request) -> Bool {
        // The usual spelling.
        if request.isOnlyValue(of: .contentType, "application/x-www-form-urlencoded") { return true }
        let contentTypes = request.values(of: .contentType)
        return contentTypes.count == 1 && mediaType(contentTypes[0]) == "application/x-www-form-urlencoded"
    }

    /// Refuses repetition of any parameter but those that may name several targets (RFC 6749 §3.2, RFC 8707 §2,
    /// RFC 8693 §2.1; D-9): of two values the server and a filter before it could each see another.
    private static func checkRepetition(_ form: FormParameters) throws(OAuthError) {
        for name in form.duplicatedNames where name != "resource" && name != "audience" {
            throw OAuthError(.invalidRequest, "parameter \(name.prefix(40)) is repeated")
        }
    }

    /// The media type of a Content-Type value, in lower case without its parameters.
    static func mediaType(_ contentType: String) -> String {
        let type = contentType.prefix { $0 != ";" }
        return type.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ").lowercased()
    }
}

extension FormParameters {
    /// The value of a parameter that may occur once; empty means absent.
    ///
    /// - Throws: `invalid_request` when it is repeated (OAuth 2.1 §3.2; D-9).
    func once(_ name: String) throws(OAuthError) -> String? {
        do { return try single(name) } catch {
            throw OAuthError(.invalidRequest, "parameter \(name) is repeated")
        }
    }

    /// The value of a parameter that must occur exactly once.
    ///
    /// - Throws: `invalid_request` when it is missing or repeated.
    func required(_ name: String) throws(OAuthError) -> String {
        guard let value = try once(name) else { throw OAuthError(.invalidRequest, "\(name) is required") }
        return value
    }
}
