import OAuthProtocol
import UpstreamIdentity

// The formats of values that only upstreams have.

extension Format where Value == [String] {
    /// A list of paths in JSON.
    static var paths: Format {
        .texts("list of fields", atLeastOne: "field")
    }
}

extension Format where Value == String {
    /// A revocation endpoint, with `{client_id}` where our client id belongs.
    static var revocationEndpoint: Format {
        text("URL") {
            ConfigurationRules.endpointObjection(
                $0.replacing("{client_id}", with: "client"),
                allowsInsecureHTTP: $1.allowsInsecureHTTP
            )
        }
    }
}

extension Format where Value == [UpstreamScopeParameter] {
    /// A map of parameters to the scopes that they carry.
    static var scopeParameters: Format {
        Format(
            "map of `scope` or `user_scope` to a list of scopes",
            schema: .map(to: .list(of: .text, countMin: 1)),
            read: { cursor, _ in
                cursor.entries().compactMap { name, value in
                    guard ["scope", "user_scope"].contains(name) else {
                        return value.refused("carries no scopes; use scope or user_scope")
                    }
                    guard let scopes = value.strings() else { return nil }
                    if let objection = scopes.lazy.compactMap(ConfigurationRules.scopeObjection).first {
                        return value.refused(objection)
                    }
                    return UpstreamScopeParameter(name: name, scopes: scopes)
                }
            },
            write: { .object(JSONObject($0.map { ($0.name, .strings($0.scopes)) })) }
        )
    }
}

extension Format where Value == [UpstreamParameter] {
    /// A map of header fields to their values.
    static var headerFields: Format {
        Format(
            "map of header fields to values",
            schema: .map(to: .text),
            read: { cursor, _ in
                cursor.entries().compactMap { name, value in
                    if let objection = ConfigurationRules.requestFieldObjection(name) {
                        return value.refused(objection)
                    }
                    return value.string().map { UpstreamParameter(name: name, value: $0) }
                }
            },
            write: { .object(JSONObject($0.map { ($0.name, .string($0.value)) })) }
        )
    }
}

extension Format where Value == [Configuration.ForwardedField] {
    /// A map of an upstream's fields to the header fields that carry them.
    static var forwardedFields: Format {
        Format(
            "map of fields to header fields, such as `{instance_url: X-Instance-Url}`",
            schema: .map(to: .text),
            read: { cursor, _ in
                cursor.entries().compactMap { name, value in
                    value.string(ConfigurationRules.answerFieldObjection)
                        .map { Configuration.ForwardedField(field: name, header: $0) }
                }
            },
            write: { .object(JSONObject($0.map { ($0.field, .string($0.header)) })) }
        )
    }
}

extension ConfigurationRules {
    /// A value of `token_type`.
    static func tokenTypeObjection(_ text: String) -> String? {
        // RFC 9449 §7.1: without its proof such a token is useless, and sending it as a bearer token exposes it.
        BearerTokenType.proofTypes.contains(text.lowercased())
            ? "\(text) tokens need a proof that this server does not make" : nil
    }

    /// The path of a field beside the token.
    static func extraObjection(_ text: String) -> String? {
        guard 1...128 ~= text.utf8.count, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return "must be printable ASCII without spaces, at most 128 characters"
        }
        let last = text.split(separator: ".").last.map(String.init) ?? text
        return UpstreamFields.forbiddenNames.contains(last) ? "\(text) must not leave the vault" : nil
    }

    /// A userinfo endpoint, with the place of the access token.
    static func userInfoObjection(_ text: String, allowsInsecureHTTP: Bool) -> String? {
        let marker = "{access_token}"
        let parts = text.split(separator: marker, omittingEmptySubsequences: false)
        // In the host, the token would choose who receives it.
        if parts.count > 1, parts[0].filter({ $0 == "/" }).count < 3 {
            return "must have \(marker) in its path or query"
        }
        return endpointObjection(parts.joined(separator: "token"), allowsInsecureHTTP: allowsInsecureHTTP)
    }

    /// RFC 9110 §5.1: a header field of a request to a provider.
    static func requestFieldObjection(_ name: String) -> String? {
        guard isFieldName(name) else { return "is not the name of a header field" }
        return connectionFields.contains(name.lowercased()) ? "is set by the server and cannot be configured" : nil
    }

    /// RFC 9110 §5.1: a header field of an answer of forward authentication.
    static func answerFieldObjection(_ name: String) -> String? {
        guard isFieldName(name) else { return "\(name) is not the name of a header field" }
        let lower = name.lowercased()
        let isTaken =
            connectionFields.contains(lower) || answerFields.contains(lower) || lower.hasPrefix("x-auth-")
            || lower.hasPrefix("x-gatehouse-")
        return isTaken ? "\(name) has a meaning of its own and cannot carry a field" : nil
    }

    private static let answerFields: Set<String> = [
        "authorization", "cache-control", "location", "set-cookie", "www-authenticate", "content-type", "date",
        "retry-after", "server",
    ]

    private static let connectionFields: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "keep-alive", "expect",
        "proxy-authorization", "proxy-connection", "cookie",
    ]

    private static func isFieldName(_ name: String) -> Bool {
        1...64 ~= name.utf8.count
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
    }
}
