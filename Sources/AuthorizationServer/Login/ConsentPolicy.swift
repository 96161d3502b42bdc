import HTTPTypes
package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
package import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// CO-1 and FD-10: when consent is asked for before an upstream redirect.
///
/// Without our own page, a self-registered client could silently get a token from a user who is logged in upstream: the
/// confused deputy of the MCP security best practices (D-50).
package struct ConsentPolicy: Sendable {
    private let mode: Configuration.Consent
    private let sessions: any AuthorizationStore
    private let logins: BrowserLogins
    private let resources: ResourceCatalogue
    private let upstreams: UpstreamDirectory

    /// A policy of the configured mode.
    package init(
        mode: Configuration.Consent,
        sessions: any AuthorizationStore,
        logins: BrowserLogins,
        resources: ResourceCatalogue,
        upstreams: UpstreamDirectory
    ) {
        self.mode = mode
        self.sessions = sessions
        self.logins = logins
        self.resources = resources
        self.upstreams = upstreams
    }

    /// Whether to ask for consent.
    package enum Decision: Sendable {
        /// Show the page.
        case ask
        /// Continue; if a user is named, that user must log in (D-62).
        case notNeeded(expectedUserID: UserID?)
    }

    /// Whether consent decisions are remembered at all.
    package var remembers: Bool {
        mode == .remember
    }

    /// Decides for a request; `prompt=consent` always asks (AZ-19).
    func decision(
        for authorization: AuthorizationRequest,
        client: Client,
        request: Request,
        now: Timestamp
    ) async -> Decision {
        guard !authorization.prompts.contains("consent") else { return .ask }
        switch mode {
        case .always:
            return .ask
        case .trusted:
            return client.isTrusted && client.kind == .preRegistered ? .notNeeded(expectedUserID: nil) : .ask
        case .remember:
            // FD-10: on loopback any program can use a document's name, so its warning is always shown.
            guard client.kind != .metadataDocument || !authorization.redirectsToLoopback else { return .ask }
            return await remembered(authorization, request: request, now: now)
        }
    }

    // A remembered consent counts only if the user opened the address directly; otherwise another site could use it
    // silently (FastMCP GHSA-6x8h-498w-gv8c). A browser that does not report this is asked.
    private func remembered(_ authorization: AuthorizationRequest, request: Request, now: Timestamp) async -> Decision {
        guard request[.secFetchSite] == "none", let userID = await userID(request, now: now),
            await hasConsent(key(authorization, userID: userID), now: now)
        else { return .ask }
        return .notNeeded(expectedUserID: userID)
    }

    private func userID(_ request: Request, now: Timestamp) async -> UserID? {
        do throws(StoreError) { return try await logins.visitor(request, now: now)?.user.id } catch { return nil }
    }

    // While the store fails, consent is asked for, which is always correct.
    private func hasConsent(_ key: SHA256Digest, now: Timestamp) async -> Bool {
        do throws(StoreError) { return try await sessions.hasConsent(key, now: now) } catch { return false }
    }

    /// Remembers what a user approved on the page.
    func remember(_ authorization: AuthorizationRequest, of userID: UserID, now: Timestamp) async throws(OAuthError) {
        let consent = RememberedConsent(
            key: key(authorization, userID: userID),
            userID: userID,
            clientID: authorization.clientID,
            destination: Self.destination(authorization),
            resource: authorization.resource,
            scopes: authorization.scopes,
            givenAt: now
        )
        _ = try await OAuthError.attempt(await sessions.rememberConsent(consent).outcome)
    }

    /// Whether the approval that spared a user the page has been neither withdrawn nor replaced since.
    func stillHolds(
        _ authorization: AuthorizationRequest,
        of userID: UserID,
        now: Timestamp
    ) async throws(OAuthError) -> Bool {
        let key = key(authorization, userID: userID)
        return try await OAuthError.attempt(await sessions.hasConsent(key, now: now))
    }

    private static func destination(_ authorization: AuthorizationRequest) -> String {
        let redirect = URIReference(authorization.redirectURI)
        return "\(redirect?.scheme ?? "")://\(redirect?.host ?? authorization.redirectURI)"
    }

    /// Everything that a consent covers: another client, redirect host, scope, resource, upstream or upstream scope
    /// asks again (D-55), and so do other redirect URIs or keys in a client's metadata document (CM-10, D-89).
    func key(_ authorization: AuthorizationRequest, userID: UserID) -> SHA256Digest {
        var writer = BinaryWriter(reserving: 256)
        writer.write(userID)
        writer.write(authorization.clientID)
        writer.write(Self.destination(authorization))
        writer.write(authorization.scopes.tokens.sorted()) { $0.write($1) }
        writer.write(authorization.resource)
        // A resource that is no longer configured has no upstreams, and matches no earlier consent.
        let resource = try? resources.resource(authorization.resource)
        let chain = resource.map(upstreams.loginChain) ?? []
        writer.write(chain) { writer, name in
            writer.write(name)
            writer.write(upstreams[name]?.requestedScopes.tokens.sorted() ?? []) { $0.write($1) }
        }
        let onDemand = resource.map(upstreams.onDemand) ?? []
        if !onDemand.isEmpty {
            writer.write("on_demand")
            writer.write(onDemand) { $0.write($1) }
        }
        if let fingerprint = authorization.clientFingerprint {
            writer.write(fingerprint)
        }
        return SHA256.hash(writer.bytes)
    }
}

extension AuthorizationRequest {
    /// Whether the answer is sent to a program on the user's own computer.
    var redirectsToLoopback: Bool {
        URIReference(redirectURI)?.isLoopbackHTTP ?? false
    }
}
