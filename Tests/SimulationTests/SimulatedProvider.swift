import OAuthProtocol
import OutboundHTTP
import Synchronization

/// An OAuth 2.0 provider with rotating refresh tokens, as strict as real ones are; it knows whose each token is.
///
/// It is called, not reached over sockets: a schedule lasts some milliseconds.
final class SimulatedProvider: Sendable {
    /// What becomes of the next request to its token endpoint.
    enum Fault: CaseIterable {
        /// 503, and nothing was done.
        case unavailable
        /// The connection breaks before the request was carried out.
        case lostRequest
        /// The request was carried out, and the answer is lost.
        case lostAnswer
        /// The grant is refused, and is dead from now on.
        case invalidGrant

        /// Whether a user's connection may be useless afterwards.
        var endsGrants: Bool { self == .lostAnswer || self == .invalidGrant }
    }

    private struct Grant {
        let user: String
        var generation = 0
        var isDead = false
    }

    private struct State {
        var codes: [String: String] = [:]
        var grants: [Grant] = []
        var owners: [String: String] = [:]
        var fault: Fault?
        var number = 0
        var reused: Set<String> = []
    }

    static let origin = "https://provider.example"
    private let state = Mutex(State())

    /// Makes the next request to the token endpoint fail.
    func failNext(_ fault: Fault?) { state.withLock { $0.fault = fault } }

    /// Whether the fault has not happened yet.
    var awaitsFault: Bool { state.withLock { $0.fault != nil } }

    /// Whose access token this is; `nil` for one that was never issued.
    func owner(ofAccessToken token: String) -> String? { state.withLock { $0.owners[token] } }

    /// Users of whom a refresh token came twice.
    var usersWithReuse: Set<String> { state.withLock { $0.reused } }

    /// Signs a user in at an authorization request; returns the address to go back to.
    func signIn(_ authorizationURL: String, as user: String) throws -> String {
        guard authorizationURL.hasPrefix(Self.origin), let query = URIReference(authorizationURL)?.query else {
            throw RuleBroken("a login did not go to the provider: \(authorizationURL)")
        }
        let parameters = try FormParameters(query: query)
        guard let callback = parameters.values("redirect_uri").first, let text = parameters.values("state").first else {
            throw RuleBroken("a request to the provider lacks redirect_uri or state")
        }
        let code = state.withLock { state in
            state.number += 1
            let code = "code-\(state.number)"
            state.codes[code] = user
            return code
        }
        return callback + "?" + FormParameters.serialize([("code", code), ("state", text)])
    }

    /// Answers what the server sends.
    func answer(_ request: OutboundRequest, path: String) throws(OutboundError) -> OutboundResponse {
        switch path {
        case "/token": return try token(request.body)
        case "/user":
            let field = request.headerFields.first { $0.name.lowercased() == "authorization" }?.value ?? ""
            guard let user = owner(ofAccessToken: String(field.dropFirst("Bearer ".count))) else {
                return OutboundResponse(status: 401)
            }
            return Self.json(["id": .string(user), "name": .string("Person \(user)")])
        case "/revoke": return OutboundResponse(status: 200)
        default: return OutboundResponse(status: 404)
        }
    }

    private func token(_ body: [UInt8]) throws(OutboundError) -> OutboundResponse {
        let fault = state.withLock { state in
            defer { state.fault = nil }
            return state.fault
        }
        switch fault {
        case .unavailable: return OutboundResponse(status: 503)
        case .lostRequest: throw OutboundError(.connectionLost, "the request was lost")
        case .lostAnswer:
            _ = perform(body)
            throw OutboundError(.connectionLost, "the answer was lost")
        case .invalidGrant:
            kill(body)
            return Self.invalidGrant
        case nil: return perform(body)
        }
    }

    private func perform(_ body: [UInt8]) -> OutboundResponse {
        // Another body is never sent by the server.
        guard let form = try? FormParameters(parsing: body) else { return Self.invalidGrant }
        return state.withLock { state in
            if let code = form.values("code").first {
                guard let user = state.codes.removeValue(forKey: code) else { return Self.invalidGrant }
                state.grants.append(Grant(user: user))
                return Self.tokens(of: state.grants.count - 1, &state)
            }
            guard let (index, generation) = Self.read(form), index < state.grants.count else {
                return Self.invalidGrant
            }
            guard state.grants[index].generation == generation, !state.grants[index].isDead else {
                if !state.grants[index].isDead { state.reused.insert(state.grants[index].user) }
                state.grants[index].isDead = true
                return Self.invalidGrant
            }
            state.grants[index].generation += 1
            return Self.tokens(of: index, &state)
        }
    }

    private func kill(_ body: [UInt8]) {
        // Another body is never sent by the server.
        guard let form = try? FormParameters(parsing: body), let (index, _) = Self.read(form) else { return }
        state.withLock { $0.grants[index].isDead = true }
    }

    private static func read(_ form: FormParameters) -> (grant: Int, generation: Int)? {
        let parts = (form.values("refresh_token").first ?? "").split(separator: "-").dropFirst().compactMap { Int($0) }
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }

    private static func tokens(of index: Int, _ state: inout State) -> OutboundResponse {
        let grant = state.grants[index]
        let token = "at-\(grant.user)-\(index)-\(grant.generation)"
        state.owners[token] = grant.user
        return json([
            "access_token": .string(token), "token_type": "bearer", "expires_in": 900, "scope": "read",
            "refresh_token": .string("rt-\(index)-\(grant.generation)"),
        ])
    }

    private static let invalidGrant = json(["error": "invalid_grant"], status: 400)

    private static func json(_ object: JSONObject, status: Int = 200) -> OutboundResponse {
        OutboundResponse(
            status: status,
            headerFields: [("content-type", "application/json")],
            body: object.serialized()
        )
    }
}
