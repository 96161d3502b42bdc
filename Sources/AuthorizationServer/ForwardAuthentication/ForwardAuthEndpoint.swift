import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP

/// RFC 6750 for a proxy: `/forward-auth` answers nginx `auth_request`, Traefik `forwardAuth` and Envoy `ext_authz`.
///
/// The proxy passes on the client's Authorization header. The 200 answer names the user and client, and, if the
/// resource is configured so, has the upstream token as the Authorization header that the proxy sends on instead of the
/// client's. 401 and 403 have the challenge of the resource (RS-1).
///
/// A caller that gets upstream tokens must be the proxy and not a client: they are returned only with the configured
/// secret in `X-Gatehouse-Proxy-Secret`. Without a secret the endpoint is on the management listener only and returns
/// identities only.
struct ForwardAuthEndpoint: Endpoint {

    /// Where the endpoint is reachable.
    enum Exposure: Hashable, Sendable {
        /// Only on the listener through which the operator administers the server.
        case management
        /// On every listener; the secret is always required.
        case `public`
    }

    /// What the operator wants on one listener.
    struct Settings: Sendable {
        let exposure: Exposure
        /// The complete path of the endpoint on that listener; the path below it is the client's.
        let exactPath: String
        /// The upstream whose token a resource's proxy gets, by resource.
        let upstreams: [String: String]
        /// The fields that it gets beside that token, by resource.
        let fields: [String: [Configuration.ForwardedField]]
        /// The resources whose logins do not visit that upstream.
        let onDemand: Set<String>
    }

    let settings: Settings
    /// The secrets that a proxy may send; `nil` when none is configured.
    let secrets: AcceptedSecrets?
    let resources: ResourceCatalogue
    let access: ResourceAccess
    let retrievals: UpstreamRetrievals
    let guesses: GuessLimit

    /// The path on either listener, after the issuer's path on the public one.
    static let path = "/forward-auth"

    /// Why access is denied.
    private enum Refusal: Error {
        /// The proxy is misconfigured, or the caller is not a proxy.
        case proxy(OAuthError)
        /// The client needs a challenge; `nil` without an error, because it sent no token at all.
        case client(OAuthError?, ProtectedResource, usedProof: Bool = false)
    }

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(Refusal) {
            let isProxy = try await checkProxy(request, context)
            let (resource, scopes) = try resource(request)
            let upstream = settings.upstreams[resource.configuredURI]
            guard upstream == nil || isProxy else {
                throw .proxy(OAuthError(.accessDenied, "this resource requires the proxy's secret"))
            }
            let granted = try await granted(request, resource, context)
            let live = granted.live
            let claims = live.token.claims
            try check(claims, scopes, resource)
            try checkLogin(claims, resource, context.now)
            var response = Response(status: .ok, headerFields: [.cacheControl: "no-store"])
            response.headerFields[.xAuthSubject] = claims.subject
            response.headerFields[.xAuthClient] = claims.clientID
            response.headerFields[.xAuthScope] = claims.scope
            response.headerFields[.xAuthSession] = live.session?.id.text ?? ""
            if let upstream {
                let credential = try await credential(upstream, resource, live, context)
                let header = credential.header
                // The configuration has checked the name.
                if let name = HTTPField.Name(header.name) { response.headerFields[name] = header.value }
                for forwarded in settings.fields[resource.configuredURI] ?? [] {
                    guard let name = HTTPField.Name(forwarded.header) else { continue }
                    // Empty rather than absent, so that the proxy replaces what the client sent by that name.
                    response.headerFields[name] = credential.fields[forwarded.field]?.headerText ?? ""
                }
            }
            return response.bringing(nonce: granted.nonce)
        } catch {
            switch error {
            case .proxy(let error):
                var response = Response.error(error)
                response.headerFields[.xGatehouseConnectURI] = error.details["connect_uri"]?.stringValue
                return response
            case .client(let error, let resource, let usedProof):
                let answer = challenge(error, resource, usedProof: usedProof)
                return answer.bringing(nonce: access.proofs.nextNonce(after: nil, or: error, context.now))
            }
        }
    }

    // MARK: - The proxy

    private func checkProxy(_ request: Request, _ context: RequestContext) async throws(Refusal) -> Bool {
        let shown = request.values(of: .xGatehouseProxySecret)
        guard !shown.isEmpty else {
            guard settings.exposure == .management else {
                throw .proxy(OAuthError(.accessDenied, "the proxy's secret is required"))
            }
            return false
        }
        let (presented, expected) = (SHA256.hash(shown[0]), secrets)
        let isOne = shown.count == 1
        do throws(OAuthError) {
            let isRight = try guesses.check(.proxy, context) {
                isOne && expected?.accepts(presented) ?? false
            }
            guard isRight else { throw OAuthError(.accessDenied, "the proxy's secret is wrong") }
        } catch {
            throw .proxy(error)
        }
        return true
    }

    // On the exact path the query is the proxy's own. Below it (Envoy appends the client's path and query) the query is
    // the client's, who must not choose another resource: there the headers count, which the proxy overwrites.
    private func resource(_ request: Request) throws(Refusal) -> (ProtectedResource, ScopeSet) {
        do throws(OAuthError) {
            guard request.path.hasSameBytes(as: settings.exactPath) else { return try resourceBelow(request) }
            let query: FormParameters
            do { query = try FormParameters(query: request.query ?? "") } catch {
                throw OAuthError(.invalidRequest, "the query is malformed")
            }
            let scopes = try query.once("scope").map { (text) throws(OAuthError) in try ScopeSet(parsing: text) }
            let named = try query.once("resource").map { [$0] } ?? []
            return (try resources.resource(requested: named), scopes ?? .empty)
        } catch {
            throw .proxy(error)
        }
    }

    // Nothing is taken as given here. A proxy that was meant to ask on the exact path, and ends up here because of a
    // slash too many, must not find its query ignored and every token accepted.
    private func resourceBelow(_ request: Request) throws(OAuthError) -> (ProtectedResource, ScopeSet) {
        guard request.path.dropFirst(settings.exactPath.count).contains(where: { $0 != "/" }) else {
            throw OAuthError(
                .invalidRequest,
                "no path follows forward-auth/; remove the slash to use resource and scope"
            )
        }
        let resource = try Self.only(.xGatehouseResource, request)
        let scopes = try ScopeSet(parsing: try Self.only(.xGatehouseScope, request))
        return (try resources.resource(resource), scopes)
    }

    private static func only(_ name: HTTPField.Name, _ request: Request) throws(OAuthError) -> String {
        let values = request.values(of: name)
        guard let value = values.first, values.count == 1 else {
            throw OAuthError(.invalidRequest, "\(name.canonicalName) must be sent exactly once below this path")
        }
        return value
    }

    // MARK: - The client

    private func granted(
        _ request: Request,
        _ resource: ProtectedResource,
        _ context: RequestContext
    ) async throws(Refusal) -> ResourceAccess.Granted {
        let use = ForwardedUse(request, below: settings.exactPath, of: resource, in: resources).use
        do throws(ResourceAccess.Refusal) {
            return try await access.granted(request, for: use, audiences: [resource.uri], context)
        } catch {
            switch error {
            case .absent: throw .client(nil, resource)
            case .token(.unavailable, _): throw .proxy(.overloaded)
            case .token(let reason, let usedProof):
                let description =
                    reason == .withoutProof
                    ? "the access token is bound to a key and needs its DPoP proof"
                    : "the access token is invalid for this resource"
                throw .client(OAuthError(.invalidToken, description), resource, usedProof: usedProof)
            case .proof(let error):
                guard AccessChallenge(error, isBare: false, usedProof: true).isClientsFault else { throw .proxy(error) }
                throw .client(error, resource, usedProof: true)
            }
        }
    }

    private func check(
        _ claims: AccessTokenClaims,
        _ scopes: ScopeSet,
        _ resource: ProtectedResource
    ) throws(Refusal) {
        let held = claims.scope.split(separator: " ")
        guard scopes.tokens.allSatisfy({ scope in held.contains { $0 == scope } }) else {
            throw .client(OAuthError(.insufficientScope, "insufficient scope for this request"), resource)
        }
    }

    // RFC 9470 §3. The token of a client itself states no login, and meets no demand.
    private func checkLogin(
        _ claims: AccessTokenClaims,
        _ resource: ProtectedResource,
        _ now: Timestamp
    ) throws(Refusal) {
        let contextClass = claims.additionalClaims["acr"]?.stringValue
        guard
            !resource.requiredLogin.isMet(authenticatedAt: claims.authenticatedAt, contextClass: contextClass, now: now)
        else { return }
        let reason = "the resource demands another or a more recent login"
        throw .client(OAuthError(.insufficientUserAuthentication, reason), resource)
    }

    private func credential(
        _ upstream: String,
        _ resource: ProtectedResource,
        _ live: AccessTokenVerification.LiveToken,
        _ context: RequestContext
    ) async throws(Refusal) -> UpstreamCredential {
        // A client that acts on its own behalf has no account anywhere.
        guard let session = live.session else {
            throw .client(OAuthError(.invalidToken, "the access token does not represent a user"), resource)
        }
        let query = UpstreamCredentials.Query(
            session: session,
            tokenScopes: ScopeSet(live.token.claims.scope.split(separator: " ").map(String.init)),
            upstream: upstream,
            scopes: .empty,
            minimumLifetime: .zero,
            account: nil
        )
        do throws(OAuthError) {
            let clientID = resource.clientID ?? "forward-auth"
            return try await retrievals.retrieve(query, to: clientID, context: context).credential
        } catch {
            guard error.code == .interactionRequired else { throw .proxy(error) }
            guard !settings.onDemand.contains(resource.configuredURI) else {
                // No login visits this upstream: a challenge would send the client there again and again.
                throw .proxy(OAuthError(.connectionRequired, error.description, details: error.details))
            }
            // A login repairs it: the challenge sends the client there (VT-2).
            throw .client(OAuthError(.invalidToken, error.description, details: error.details), resource)
        }
    }

    /// RS-1: the first challenge is Bearer's; without a token it has no error.
    private func challenge(_ error: OAuthError?, _ resource: ProtectedResource, usedProof: Bool) -> Response {
        let body = error ?? OAuthError(.invalidToken, "an access token is required")
        var response = Response.error(body)
        // RFC 9449 §7.1: also where the token endpoint answers 400; a proxy passes on nothing but 401 and 403.
        if body.code.httpStatus == 400 { response.status = .unauthorized }
        var parameters: [String] = []
        if let error, !usedProof { parameters.append("error_description=\"\(error.description)\"") }
        parameters.append("resource_metadata=\"\(ProtectedResourceEndpoint.url(of: resource.uri))\"")
        // RFC 9470 §3: the client asks for a login with these.
        if body.code == .insufficientUserAuthentication { parameters += resource.requiredLogin.challenge }
        if !resource.scopes.isEmpty { parameters.append("scope=\"\(resource.scopes.text)\"") }
        response.headerFields[.wwwAuthenticate] = AccessChallenge(body, isBare: error == nil, usedProof: usedProof)
            .text(parameters, namesProofs: true)
        return response
    }
}

extension ForwardAuthEndpoint {
    // Envoy sends the client's own method, and the client's path after ours.
    private static let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .options]

    var surfaces: [Surface] {
        [
            Surface(
                path: Self.path,
                name: "forward_auth",
                methods: Self.methods.map { .method($0, Self.operation($0.rawValue.lowercased())) }
            ),
            Surface(path: Self.path + "/*", name: "forward_auth", methods: Self.methods.map { .method($0) }),
        ]
    }

    private static func operation(_ method: String) -> OpenAPIOperation {
        OpenAPIOperation(
            id: "forwardAuth" + method.prefix(1).uppercased() + method.dropFirst(),
            summary: "Checks a request's access token for a proxy, and returns identity and upstream headers.",
            parameters: [OpenAPIParameter(name: "resource"), OpenAPIParameter(name: "scope"), .proof],
            security: ["accessToken"],
            responses: [
                (200, .empty("Access is granted, with these headers")), (400, .error("The proxy's request is refused")),
                (401, .error("The access token is missing, invalid for the resource, or of an insufficient login")),
                (403, .error("The proxy's secret is missing or wrong, a scope is missing, or the user has to connect")),
                (429, OpenAPIOperation.throttled), (500, OpenAPIOperation.failed), (503, OpenAPIOperation.unavailable),
            ]
        )
    }
}

extension JSONValue {
    /// The value as a header field can carry it: printable ASCII, numbers and truth values as they are written; `nil`
    /// for anything else, because a line break in it would forge header fields.
    fileprivate var headerText: String? {
        let text: String
        switch self {
        case .string(let string): text = string
        case .number(let number): text = number.text
        case .bool(let flag): text = flag ? "true" : "false"
        case .null, .array, .object: return nil
        }
        return text.utf8.count <= 4096 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
    }
}
