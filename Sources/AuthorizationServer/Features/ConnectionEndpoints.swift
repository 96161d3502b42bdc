import OAuthProtocol
import OAuthState
import ServerConfiguration

/// The pages and the API by which users see, make and end their connections.
struct ConnectionEndpoints {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts, _ browser: BrowserParts, _ logins: Logins) {
        let issuer = parts.configuration.issuer
        let access = ConnectionAccess(access: parts.resourceAccess, resources: parts.resources)
        let pages = UserPages(
            vault: parts.stores.vault,
            upstreams: parts.upstreams,
            logins: logins,
            access: UserAccess(
                applications: UserApplications(
                    sessions: parts.stores.sessions,
                    clients: parts.stores.clients,
                    vault: parts.stores.vault,
                    policy: parts.configuration.sessionPolicy,
                    audit: parts.audit
                ),
                agents: parts.agentTokens,
                accessTokenLifetime: parts.configuration.tokens.accessTokenLifetime
            ),
            forms: PageForm(
                issuer: issuer,
                sealing: parts.seals.pages,
                cookies: browser.ground.cookies,
                random: parts.environment.random
            ),
            browser: browser.ground
        )
        endpoints = [
            ConnectionsEndpoint(access: access, pages: pages, vault: parts.stores.vault),
            ConnectionsFormEndpoint(
                issuer: issuer,
                pages: pages,
                links: parts.connectLinks,
                ending: parts.vault.ending,
                audit: parts.audit
            ),
            ConnectionRemovalEndpoint(
                access: access,
                vault: parts.stores.vault,
                ending: parts.vault.ending,
                audit: parts.audit
            ),
            PrefetchRefusal(
                ConnectLinkEndpoint(
                    issuer: issuer,
                    pages: pages,
                    links: parts.connectLinks,
                    sessions: parts.stores.sessions,
                    entered: parts.enteredConnections,
                    audit: parts.audit
                )
            ),
        ]
    }
}
