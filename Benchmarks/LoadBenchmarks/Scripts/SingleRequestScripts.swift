import BenchmarkSupport
import OAuthProtocol

/// The same request again and again.
final class RepeatedRequest: Script {
    private let request: [UInt8]
    private let status: Int

    init(_ request: [UInt8], status: Int = 200) {
        self.request = request
        self.status = status
    }

    func begin() -> Step? { Step(request) }

    func take(_ answer: Answer) throws -> Step? {
        try answer.require(status)
        return nil
    }
}

/// The same request, whose answer must contain a text: a refusal with status 200 must not count.
final class CheckedRequest: Script {
    private let request: [UInt8]
    private let member: StaticString

    init(_ request: [UInt8], member: StaticString) {
        self.request = request
        self.member = member
    }

    func begin() -> Step? { Step(request) }

    func take(_ answer: Answer) throws -> Step? {
        try answer.require(200)
        _ = try answer.member(member)
        return nil
    }
}

/// Valid refresh tokens, each used by one client at a time: first in, first out, so that the load is spread over all
/// sessions.
final class TokenPool {
    private var tokens: Ring<[UInt8]>

    init(_ tokens: [[UInt8]]) {
        self.tokens = Ring(tokens)
    }

    func take() throws -> [UInt8] {
        guard let token = tokens.popFirst() else { throw BenchmarkError("more clients than sessions") }
        return token
    }

    func put(_ token: [UInt8]) {
        tokens.append(token)
    }
}

/// Refreshes; each session's next token replaces its last.
final class RefreshScript: Script {
    private let pool: TokenPool
    private let template: FormTemplate

    init(_ pool: TokenPool) {
        self.pool = pool
        template = FormTemplate(
            "/oauth/token",
            "grant_type=refresh_token&client_id=\(Population.clientID)&refresh_token="
        )
    }

    func begin() throws -> Step? { Step(template.request(try pool.take())) }

    func take(_ answer: Answer) throws -> Step? {
        try answer.require(200)
        pool.put(try answer.member("refresh_token"))
        return nil
    }
}

/// Codes that the server has issued, each redeemed once by the client that comes first.
final class CodeSupply {
    private var next: Int
    private let end: Int
    let count: Int

    init(first: Int, count: Int) {
        next = first
        end = first + count
        self.count = count
    }

    func take() -> [UInt8]? {
        guard next < end else { return nil }
        defer { next += 1 }
        return Array(IssuedCodes.text(next).utf8)
    }
}

/// Redeems codes, until there are no more.
final class RedemptionScript: Script {
    private let supply: CodeSupply
    private let template: FormTemplate

    init(_ supply: CodeSupply) {
        self.supply = supply
        let form = FormParameters.serialize([
            ("grant_type", "authorization_code"), ("client_id", Population.clientID),
            ("redirect_uri", Population.redirectURI), ("code_verifier", IssuedCodes.verifier), ("code", ""),
        ])
        template = FormTemplate("/oauth/token", form)
    }

    func begin() -> Step? { supply.take().map { Step(template.request($0)) } }

    func take(_ answer: Answer) throws -> Step? {
        try answer.require(200)
        return nil
    }
}
