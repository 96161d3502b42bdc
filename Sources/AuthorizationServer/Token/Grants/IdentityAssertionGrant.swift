import OAuthProtocol
import OAuthState
import ServerConfiguration
import UpstreamIdentity

/// RFC 7523 §2.1 and draft-ietf-oauth-identity-assertion-authz-grant: tokens for a user whom an organisation's identity
/// provider vouches for, without a browser (ID-JAG; MCP extension Enterprise-Managed Authorization).
///
/// Each assertion is used once. The session has no refresh token, because the client can get another assertion, and no
/// upstream tokens: a resource server that needs one gets a `connect_uri` for the user (JB-10).
struct IdentityAssertionGrant: Grant {
    static let declaration = GrantDeclaration(
        type: .jwtBearer,
        name: "identity_assertion",
        summary: "Issues a token for a user whom a trusted identity provider vouches for (ID-JAG, RFC 7523 §2.1).",
        parameters: ["assertion", "resource", "scope"],
        client: .registered,
        registration: .onRequest
    )

    private let resources: ResourceCatalogue
    private let scopePolicy: ScopePolicy
    private let issuers: TrustedIssuers
    private let users: FederatedUsers
    private let responses: SessionTokenResponder
    private let audit: AuditTrail
    private let access: AccessRules
    private let hasSiblings: Bool

    static func isOffered(_ configuration: Configuration) -> Bool {
        configuration.trustedIssuers.contains { $0.identityAssertions != nil }
    }

    init(_ ground: GrantGround) {
        resources = ground.resources
        scopePolicy = ground.scopePolicy
        issuers = ground.trustedIssuers
        users = ground.federatedUsers
        responses = ground.responses
        audit = ground.audit
        access = ground.upstreams.admission.rules
        hasSiblings = ground.configuration.trustedIssuers.contains { !$0.workloads.isEmpty }
    }

    /// Whether the assertion has the type of an identity assertion; what is neither that nor a workload's is refused
    /// here.
    func accepts(_ form: FormParameters) -> Bool {
        // A missing or malformed assertion is reported by the grant that evaluates the request.
        let text = (try? form.once("assertion")) ?? nil
        let type = text.flatMap { try? SignedAssertion.mediaType(of: $0) }
        return !hasSiblings || TrustedIssuers.Purpose.identity.types.contains(type)
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let client = try request.client
        do throws(OAuthError) {
            return try await answer(request, client)
        } catch {
            audit.record(.assertionRefused(clientID: client.id, error: error), context: request.context)
            throw error
        }
    }

    private func answer(_ request: TokenRequest, _ client: Client) async throws(OAuthError) -> [UInt8] {
        let context = request.context
        let assertion = try issuers.parse(try request.form.required("assertion"), as: .identity)
        let trusted = try issuers.issuer(of: assertion)
        guard let rules = trusted.settings.identityAssertions else {
            throw OAuthError(.invalidGrant, "identity assertions of this issuer are not accepted")
        }
        try Self.check(client, rules)
        let use = try await issuers.verify(assertion, of: trusted, as: .identity, context)
        try Self.check(assertion.claims, client, key: request.key)
        let resource = try resource(request, assertion.claims, rules)
        let grantable = try scopes(try request.scopes(), assertion.claims, rules, resource, client)
        let scopes = try admitted(grantable, assertion.claims, resource, client)
        try await checkAccount(assertion, trusted)
        let identity = try await users.identity(assertion, trusted, tenantClaim: rules.tenantClaim)
        let (body, session) = try await issuers.consuming(use, of: trusted, now: context.now) {
            () async throws(OAuthError) -> ([UInt8], Session) in
            let session = try await users.begin(
                identity,
                for: client.id,
                resource: resource.uri,
                scopes: scopes,
                authenticatedAt: Self.loginTime(assertion.claims),
                context
            )
            let body = try await responses.body(
                session,
                scopes: scopes,
                boundTo: request.key,
                grant: nil,
                now: context.now
            )
            return (body, session)
        }
        audit.record(
            .issuedForAssertion(session, issuer: trusted.settings.issuer, grantType: Self.declaration.type),
            context: context
        )
        return body
    }

    // `allow` of the upstream where the issuer's accounts log in. What the assertion does not say, its issuer answers
    // for; a claim that is there and does not comply is a no.
    private func checkAccount(_ assertion: SignedAssertion, _ trusted: TrustedIssuer) async throws(OAuthError) {
        guard !access.isEmpty, let provider = try await users.provider(of: assertion, trusted) else { return }
        let email = provider.verifiedEmail(in: assertion.claims)
        let facts = AccessRules.facts(assertion.claims, verifiedEmail: email)
        guard let rule = access.refusal(ofAccount: facts, at: provider.name, .refresh) else { return }
        throw OAuthError(.invalidGrant, "allow of \(rule) does not accept the account")
    }

    // `allow` and `allow_scopes`, by what the assertion says: there is no login that could say more.
    private func admitted(
        _ scopes: ScopeSet,
        _ claims: JSONObject,
        _ resource: ProtectedResource,
        _ client: Client
    ) throws(OAuthError) -> ScopeSet {
        guard !access.isEmpty else { return scopes }
        let email = claims["email_verified"] == true ? claims["email"]?.stringValue : nil
        let facts = AccessRules.facts(claims, verifiedEmail: email)
        if let rule = access.refusal(ofUser: facts, resource: resource.uri, clientID: client.id, .login) {
            throw OAuthError(.invalidGrant, "allow of \(rule) does not accept the user")
        }
        let withheld = access.withheld(from: facts, resource: resource.uri, .login)
        let remaining = scopes.filter { !withheld.contains($0) }
        guard !remaining.isEmpty || scopes.isEmpty else {
            throw OAuthError(.invalidScope, "the user does not have these scopes")
        }
        return remaining
    }

    // JB-4: an assertion is for one client, which proves itself.
    private static func check(
        _ client: Client,
        _ rules: Configuration.TrustedIssuer.IdentityAssertions
    ) throws(OAuthError) {
        guard !client.isPublic || rules.acceptsPublicClients else {
            throw OAuthError(.unauthorizedClient, "this client must authenticate to present identity assertions")
        }
        guard rules.clients.isEmpty || rules.clients.contains(where: client.id.hasSameBytes(as:)) else {
            throw OAuthError(.invalidGrant, "this client may not present assertions of this issuer")
        }
    }

    private static func check(_ claims: JSONObject, _ client: Client, key: KeyThumbprint?) throws(OAuthError) {
        guard let named = claims["client_id"]?.stringValue else {
            throw OAuthError(.invalidGrant, "the claim client_id is missing")
        }
        guard named.hasSameBytes(as: client.id) else {
            throw OAuthError(.invalidGrant, "the assertion was issued to another client")
        }
        // JB-7: what limits an assertion and is not understood must not be ignored.
        for name in ["authorization_details", "act", "may_act"] where claims[name] != nil {
            throw OAuthError(.invalidGrant, "the claim \(name) is not supported")
        }
        // JB-7: an assertion that is bound to a key is worth nothing without it (RFC 7800 §3.1).
        guard let confirmation = claims["cnf"] else { return }
        guard let key, confirmation == ["jkt": .string(key.text)] else {
            throw OAuthError(.invalidGrant, "the assertion is bound to a key that the request does not prove")
        }
    }

    // OpenID Connect Core 1.0 §2; an unusable value says nothing.
    private static func loginTime(_ claims: JSONObject) -> Timestamp? {
        claims["auth_time"]?.integerValue.flatMap { seconds in
            seconds >= 0 ? Timestamp(secondsSinceEpoch: Int64(seconds)) : nil
        }
    }

    // JB-5: what the assertion and the request name must agree; Okta names none.
    private func resource(
        _ request: TokenRequest,
        _ claims: JSONObject,
        _ rules: Configuration.TrustedIssuer.IdentityAssertions
    ) throws(OAuthError) -> ProtectedResource {
        let requested = request.form.values("resource")
        let wanted = requested.isEmpty ? nil : try resources.resource(requested: requested)
        let named = try named(claims)
        let found: ProtectedResource
        if let wanted {
            guard named.isEmpty || named.contains(wanted.uri) else {
                throw OAuthError(.invalidGrant, "the assertion is not for the requested resource")
            }
            found = wanted
        } else if named.count == 1, let only = named.first.flatMap(resources.registered) {
            found = only
        } else if named.count > 1 {
            throw OAuthError(.invalidTarget, "resource is required because the assertion names several")
        } else if rules.resources.count == 1, let only = resources.registered(rules.resources[0]) {
            found = only
        } else {
            found = try resources.resource(requested: [])
        }
        guard rules.resources.contains(found.uri) else {
            throw OAuthError(.invalidGrant, "this issuer may not vouch for users of that resource")
        }
        return found
    }

    private func named(_ claims: JSONObject) throws(OAuthError) -> Set<String> {
        guard let value = claims["resource"] else { return [] }
        guard let texts = value.stringValue.map({ [$0] }) ?? value.stringArrayValue, !texts.isEmpty else {
            throw OAuthError(.invalidGrant, "the claim resource is malformed")
        }
        var uris: Set<String> = []
        for text in texts {
            do throws(OAuthError) { uris.insert(try resources.resource(text).uri) } catch {
                throw OAuthError(.invalidGrant, "the assertion names a resource that is not registered here")
            }
        }
        return uris
    }

    // JB-6: never more than the assertion says, the issuer's entry allows and the resource knows.
    private func scopes(
        _ requested: ScopeSet?,
        _ claims: JSONObject,
        _ rules: Configuration.TrustedIssuer.IdentityAssertions,
        _ resource: ProtectedResource,
        _ client: Client
    ) throws(OAuthError) -> ScopeSet {
        var asserted: ScopeSet?
        if let value = claims["scope"] {
            guard let text = value.stringValue else { throw OAuthError(.invalidGrant, "the claim scope is malformed") }
            asserted = try ScopeSet(parsing: text)
        }
        let granted = try scopePolicy.grantable(requested: requested ?? asserted, resource: resource, client: client)
            .filter { scope in
                !ScopeSet.identityScopes.contains(scope) && asserted?.contains(scope) ?? true
                    && rules.scopes?.contains(scope) ?? true
            }
        guard !granted.isEmpty || (requested ?? asserted)?.isEmpty ?? true else {
            throw OAuthError(.invalidScope, "none of the scopes can be granted for this assertion")
        }
        return granted
    }
}
