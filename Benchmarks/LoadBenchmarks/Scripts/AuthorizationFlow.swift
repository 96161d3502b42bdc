import AuthorizationServerTesting
import BenchmarkSupport
import OAuthProtocol
import OpenSSLCrypto

/// A user's complete flow: authorization request, consent, login at the identity provider, callback, redemption.
final class AuthorizationFlow: Script {
    /// The current step of the operation.
    private enum Stage {
        case consentPage
        case redirects
        case tokens
    }

    private let issuer: String
    private let provider: String
    private let start: [UInt8]
    private var stage = Stage.consentPage
    private var cookies: [String: String] = [:]

    private static let verifier = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"

    init(issuer: String, provider: String) {
        self.issuer = issuer
        self.provider = provider
        start = Self.request
    }

    /// The authorization request.
    static var request: [UInt8] {
        let query = FormParameters.serialize([
            ("response_type", "code"), ("client_id", Population.clientID), ("redirect_uri", Population.redirectURI),
            ("state", "state-123"), ("code_challenge", Base64URL.encode(SHA256.hash(verifier).bytes)),
            ("code_challenge_method", "S256"), ("resource", LoadServer.loginResource),
            ("scope", "mcp:read offline_access"),
        ])
        return RequestText.get("/oauth/authorize?" + query)
    }

    /// The approval on a consent page, in the same browser; `nil` after another answer.
    static func consent(_ page: Answer) -> [UInt8]? {
        // An answer without a ticket is a refusal, which nothing follows.
        guard page.status == 200, let ticket = try? ticket(page) else { return nil }
        let cookies = page.fields("Set-Cookie").map { String($0.prefix { $0 != ";" }) }
        return approval(ticket, cookies: "Cookie: \(cookies.joined(separator: "; "))\r\n")
    }

    private static func approval(_ ticket: String, cookies: String) -> [UInt8] {
        let form = FormParameters.serialize([("ticket", ticket), ("decision", "approve")])
        return RequestText.post("/oauth/consent", form, fields: cookies)
    }

    func begin() -> Step? {
        stage = .consentPage
        // A new browser each time: otherwise the consent would be remembered.
        cookies = [:]
        return Step(start)
    }

    func take(_ answer: Answer) throws -> Step? {
        keepCookies(of: answer)
        switch stage {
        case .consentPage:
            try answer.require(200)
            stage = .redirects
            return Step(Self.approval(try Self.ticket(answer), cookies: cookieField))
        case .redirects:
            return try follow(answer)
        case .tokens:
            try answer.require(200)
            _ = try answer.member("refresh_token")
            return nil
        }
    }

    private func follow(_ answer: Answer) throws -> Step? {
        guard (300..<400).contains(answer.status), let location = answer.fields("Location").first else {
            throw BenchmarkError("a login stopped at \(answer.status): \(answer.body.prefix(400))")
        }
        if location.hasPrefix(issuer + "/") {
            return Step(RequestText.get(String(location.dropFirst(issuer.count)), fields: cookieField))
        }
        if location.hasPrefix(provider + "/") {
            return Step(RequestText.get(String(location.dropFirst(provider.count))), to: .provider)
        }
        guard location.hasPrefix(Population.redirectURI),
            let code = OAuthTestClient.parameters(of: location)["code"]
        else { throw BenchmarkError("a login led to \(location)") }
        stage = .tokens
        let form = FormParameters.serialize([
            ("grant_type", "authorization_code"), ("client_id", Population.clientID),
            ("redirect_uri", Population.redirectURI), ("code_verifier", Self.verifier), ("code", code),
        ])
        return Step(RequestText.post("/oauth/token", form))
    }

    private static func ticket(_ page: Answer) throws -> String {
        let field = page.body.split(separator: "<").first { $0.contains("name=\"ticket\"") }
        guard let field, let value = field.firstRange(of: "value=\"") else {
            throw BenchmarkError("a consent page without ticket: \(page.body.prefix(400))")
        }
        return String(field[value.upperBound...].prefix { $0 != "\"" })
    }

    private func keepCookies(of answer: Answer) {
        for value in answer.fields("Set-Cookie") {
            let pair = value.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { continue }
            cookies[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
    }

    private var cookieField: String {
        cookies.isEmpty ? "" : "Cookie: \(cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; "))\r\n"
    }
}
