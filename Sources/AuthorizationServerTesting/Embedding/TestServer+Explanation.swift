import AuthorizationServer
public import OAuthClientKit
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

extension TestServer {
    /// What a verifier of the server's resource should find wrong with a token, in words; empty when nothing is.
    ///
    /// It applies the rules of RFC 9068 §4 at the server's own time, with its own keys, without its state: whether the
    /// session has ended is for introspection to say.
    public func problems(of token: String, scopes: [String] = []) -> [String] {
        let parts: TokenParts
        do {
            parts = try TokenParts(token)
        } catch {
            return [error.description]
        }
        return signatureProblems(token, parts) + claimProblems(parts.claims) + scopeProblems(parts.claims, scopes)
    }

    /// Does nothing for a token that a verifier should accept; otherwise says all that is wrong with it.
    ///
    /// - Throws: ``TokenRefused`` with what is wrong.
    public func requireAcceptable(_ token: String, scopes: [String] = []) throws {
        let problems = problems(of: token, scopes: scopes)
        guard problems.isEmpty else { throw TokenRefused(problems: problems) }
    }

    private func signatureProblems(_ token: String, _ parts: TokenParts) -> [String] {
        var problems: [String] = []
        let type = parts.header["typ"]?.stringValue
        if ![SigningKey.accessTokenType, "application/" + SigningKey.accessTokenType].contains(type?.lowercased()) {
            problems.append("its typ is \(type ?? "missing"), and an access token has at+jwt (RFC 9068 §2.1)")
        }
        let jws: CompactJWS
        do {
            jws = try CompactJWS(parsing: token)
        } catch {
            return problems + ["\(error.description) (alg \(parts.header["alg"]?.stringValue ?? "missing"))"]
        }
        if jws.header.keyID == nil { problems.append("it has no kid, which names the key of the key set") }
        do {
            try jws.verify(with: server.keys.current.published, algorithms: Set(SignatureAlgorithm.allCases))
        } catch {
            problems.append("\(error.description) (kid \(jws.header.keyID ?? "missing"))")
        }
        return problems
    }

    private func claimProblems(_ claims: JSONObject) -> [String] {
        var problems: [String] = []
        if claims["iss"]?.stringValue != issuer {
            problems.append("its iss is \(claims["iss"]?.stringValue ?? "missing"), and this server is \(issuer)")
        }
        let audiences = claims["aud"]?.stringArrayValue ?? (claims["aud"]?.stringValue).map { [$0] } ?? []
        if !audiences.contains(where: server.configuration.resources.map(\.uri).contains) {
            let written = audiences.isEmpty ? "missing" : audiences.joined(separator: ", ")
            problems.append("its aud is \(written), and the resource is \(resourceURI)")
        }
        switch claims["exp"]?.integerValue {
        case nil: problems.append("it has no exp")
        case let expiry? where expiry <= now: problems.append("it expired \(now - expiry) s ago")
        default: break
        }
        for name in ["iat", "nbf"] {
            if let start = claims[name]?.integerValue, start > now {
                problems.append("its \(name) is \(start - now) s ahead of the server's clock")
            }
        }
        for name in ["sub", "client_id", "jti"] where claims[name]?.stringValue == nil {
            problems.append("it has no \(name) (RFC 9068 §2.2)")
        }
        return problems
    }

    private func scopeProblems(_ claims: JSONObject, _ scopes: [String]) -> [String] {
        let granted = (claims["scope"]?.stringValue ?? "").split(separator: " ").map(String.init)
        let missing = scopes.filter { !granted.contains($0) }
        guard !missing.isEmpty else { return [] }
        let written = granted.isEmpty ? "no scope" : granted.joined(separator: " ")
        return ["it lacks \(missing.joined(separator: " ")); it has \(written)"]
    }
}

/// A token that a verifier should refuse, with all that is wrong with it.
public struct TokenRefused: Error, Hashable, CustomStringConvertible {
    /// What is wrong, one sentence each.
    public let problems: [String]

    /// All of them, in one line; never the token.
    public var description: String { "a verifier should refuse this token: " + problems.joined(separator: "; ") }
}

extension OAuthTestClient.Answer {
    /// Returns the answer if it has this status; otherwise says what the server answered.
    ///
    /// ```swift
    /// let upstream = try await client.exchange(token).require(200)
    /// ```
    ///
    /// - Throws: ``UnexpectedAnswer`` with the status, `error` and `error_description`.
    @discardableResult
    public func require(_ status: Int) throws(UnexpectedAnswer) -> OAuthTestClient.Answer {
        guard self.status == status else {
            let retry = header("retry-after").map { "; Retry-After: \($0)" } ?? ""
            let words = [error, self["error_description"]].compactMap(\.self).joined(separator: ": ")
            throw UnexpectedAnswer(status: self.status, error: error, expected: status, words: words + retry)
        }
        return self
    }
}

/// An answer with another status than a test needs, in the server's own words.
public struct UnexpectedAnswer: Error, Hashable, CustomStringConvertible {
    /// The status.
    public let status: Int
    /// The `error` of the answer.
    public let error: String?
    let expected: Int
    let words: String

    /// Status and words, without any token.
    public var description: String { "the server answered \(status) in place of \(expected): \(words)" }
}
