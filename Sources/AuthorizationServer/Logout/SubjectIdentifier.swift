import OAuthProtocol

/// RFC 9493 §3.2: whom an identity provider means.
enum SubjectIdentifier: Hashable, Sendable {
    /// An account by the provider's identifier, with the provider's issuer where the format has it.
    case account(String, issuer: String?)
    /// An address that the provider has verified.
    case email(String)

    /// The formats that are understood.
    static let formats = ["iss_sub", "opaque", "email"]

    private static let byteCountMax = 320

    /// Reads `sub_id`.
    ///
    /// - Throws: `invalid_request` for an unknown format, and for members that are missing, empty, too long, of another
    ///   type or not the format's (§3.2: other members must not be there).
    init(_ object: JSONObject) throws(OAuthError) {
        func text(_ name: String) throws(OAuthError) -> String {
            guard let text = object[name]?.stringValue, 1...Self.byteCountMax ~= text.utf8.count else {
                throw OAuthError(.invalidRequest, "sub_id.\(name) is missing or invalid")
            }
            return text
        }
        let expected: [String]
        switch object["format"]?.stringValue {
        case "iss_sub":
            self = .account(try text("sub"), issuer: try text("iss"))
            expected = ["format", "iss", "sub"]
        case "opaque":
            self = .account(try text("id"), issuer: nil)
            expected = ["format", "id"]
        case "email":
            self = .email(try text("email"))
            expected = ["email", "format"]
        default:
            throw OAuthError(
                .invalidRequest,
                "sub_id.format must be one of \(Self.formats.joined(separator: ", "))"
            )
        }
        guard object.names.sorted() == expected else {
            throw OAuthError(.invalidRequest, "sub_id has members that its format does not have")
        }
    }
}
