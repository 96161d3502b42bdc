import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

/// The surface around connections: pages, API, administration, forward authentication, logout from upstream.
extension ServerParts {
    private var failures: FailureLimit { FailureLimit(limiter: limiter, metrics: metrics) }

    func addConnectionRoutes(
        _ routes: inout ServerRoutes,
        _ prefix: String,
        _ pages: PageRenderer,
        _ cookies: BrowserCookies,
        _ flow: PageLoginFlow
    ) {
        let issuer = configuration.issuer
        let access = ConnectionAccess(verification: verification, resources: resources)
        let visits = ConnectionPages(
            vault: stores.vault,
            upstreams: upstreams,
            flow: flow,
            forms: PageForm(issuer: issuer, sealing: pageSealing, cookies: cookies, random: environment.random),
            logins: logins,
            cookies: cookies,
            pages: pages
        )
        let path = prefix + ConnectionsPage.path
        routes.on(
            .get,
            path,
            name: "connections",
            ConnectionsEndpoint(access: access, pages: visits, vault: stores.vault)
        )
        routes.on(
            .post,
            path,
            name: "connections",
            ConnectionsFormEndpoint(
                issuer: issuer,
                pages: visits,
                links: connectLinks,
                ending: connectionEnding,
                audit: audit
            )
        )
        routes.on(
            .delete,
            path + "/{id}",
            name: "connections",
            ConnectionRemovalEndpoint(access: access, vault: stores.vault, ending: connectionEnding, audit: audit)
        )
        let connect = ConnectEndpoint(
            issuer: issuer,
            pages: visits,
            links: connectLinks,
            sessions: stores.sessions,
            audit: audit
        )
        for method in [HTTPRequest.Method.get, .post] {
            routes.on(method, prefix + ConnectLink.path + "/{link}", name: "connect", connect)
        }
    }

    func addConnectionAdministration(_ routes: inout ServerRoutes, _ admin: AdministratorAuthentication) {
        routes.on(
            .get,
            "/admin/users/{id}/connections",
            name: "admin",
            admin.guarding(UserConnectionsEndpoint(vault: stores.vault, upstreams: upstreams))
        )
        routes.on(
            .delete,
            "/admin/connections/{id}",
            name: "admin",
            admin.guarding(ConnectionAdministrationEndpoint(ending: connectionEnding, audit: audit))
        )
    }

    func addForwardAuth(_ routes: inout ServerRoutes, _ prefix: String, _ exposure: ForwardAuthEndpoint.Exposure) {
        let path = prefix + ForwardAuthEndpoint.path
        let endpoint = ForwardAuthEndpoint(
            exposure: exposure,
            exactPath: path,
            secretHash: configuration.forwardAuth.secret?.value.map { SHA256.hash($0.text) },
            resources: resources,
            upstreams: Dictionary(
                configuration.resources.compactMap { resource in
                    resource.forwardAuthUpstream.map { (resource.uri, $0) }
                },
                uniquingKeysWith: { first, _ in first }
            ),
            verification: verification,
            vending: vending,
            failures: failures
        )
        // Envoy sends the client's own method, and the client's path after ours.
        for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete, .options] {
            routes.on(method, path, name: "forward_auth", endpoint)
            routes.on(method, path + "/*", name: "forward_auth", endpoint)
        }
    }

    var backChannelLogout: BackChannelLogoutEndpoint {
        BackChannelLogoutEndpoint(
            upstreams: upstreams,
            subjects: LogoutSubjects(sessions: stores.sessions, vault: stores.vault),
            sessions: stores.sessions,
            vault: stores.vault,
            replay: stores.replay,
            revocations: providerRevocations,
            revokingUpstreams: Set(configuration.upstreams.filter(\.revokesOnLogout).map(\.name)),
            failures: failures,
            audit: audit
        )
    }
}
