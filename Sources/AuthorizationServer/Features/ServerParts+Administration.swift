import HTTPTypes
import OAuthProtocol
import OAuthState
import ServerConfiguration

/// The administrator's verbs: each is one line, and is both routed and described.
extension ServerParts {
    /// Every verb behind the administrator's token, and their description.
    func administration(
        _ admin: AdministratorAuthentication,
        readiness: Readiness,
        rotation: SigningKeyRotation,
        operations: OperatorRequests
    ) -> [any Endpoint] {
        let verbs =
            upkeepVerbs(readiness, rotation) + fileVerbs(operations) + upstreamVerbs + connectionVerbs
            + (stores.administration.map { operatorVerbs($0, rotation) } ?? [])
        let document = AdministrationDocumentEndpoint(verbs)
        return (verbs + [document]).map(admin.guarding)
    }

    private func upkeepVerbs(_ readiness: Readiness, _ rotation: SigningKeyRotation) -> [AdministrationVerb] {
        [
            AdministrationVerb(
                method: .get,
                path: "/admin/status",
                summary: "Sizes of the tables, and whether changes are possible.",
                endpoint: StatusEndpoint(upkeep: stores.upkeep, readiness: readiness, issuer: configuration.issuer)
            ),
            AdministrationVerb(
                method: .get,
                path: "/admin/audit",
                summary: "The last events of the audit trail, as JSON lines.",
                parameters: ["count"],
                mediaType: "application/jsonl",
                endpoint: AuditEndpoint(audit: audit)
            ),
            AdministrationVerb(
                method: .get,
                path: "/admin/keys",
                summary: "The signing keys.",
                endpoint: KeyListEndpoint(keys: stores.keys)
            ),
            AdministrationVerb(
                method: .post,
                path: "/admin/keys/rotate",
                summary: "Makes the next signing keys current; the query force=true does so at once.",
                endpoint: KeyRotationEndpoint(rotation: rotation, audit: audit)
            ),
            AdministrationVerb(
                method: .post,
                path: "/admin/vault-key/rotate",
                summary: "Seals upstream tokens with a new key from now on, and reseals the stored ones.",
                endpoint: VaultKeyRotationEndpoint(rotation: vault.keyRotation, audit: audit)
            ),
        ]
    }

    private func fileVerbs(_ operations: OperatorRequests) -> [AdministrationVerb] {
        [
            AdministrationVerb(
                method: .post,
                path: "/admin/reload",
                summary: "Reads the configuration again and takes it in one step, or says why not (409).",
                endpoint: ReloadEndpoint(requests: operations.reloads)
            ),
            AdministrationVerb(
                method: .post,
                path: "/admin/snapshot",
                summary: "Writes a snapshot now, which a backup can copy.",
                endpoint: SnapshotEndpoint(requests: operations.snapshots, audit: audit)
            ),
        ]
    }

    private var upstreamVerbs: [AdministrationVerb] {
        let endpoint = UpstreamListEndpoint(
            configured: configuration.upstreams,
            upstreams: upstreams,
            vault: stores.vault
        )
        return [
            AdministrationVerb(
                method: .get,
                path: "/admin/upstreams",
                summary: "The providers: state, last success and failure, and the number of connections.",
                endpoint: endpoint
            ),
            AdministrationVerb(
                method: .get,
                path: "/admin/upstreams/{name}",
                summary: "A provider, also with its endpoints and our client there; no secrets.",
                endpoint: endpoint
            ),
        ]
    }

    private var deposits: [AdministrationVerb] {
        upstreams.connectableNames.map { name in
            AdministrationVerb(
                method: .put,
                path: CredentialDepositEndpoint.path(name),
                summary: "Deposits a user's credential or tokens at \(name), as JSON.",
                endpoint: CredentialDepositEndpoint(
                    upstream: name,
                    upstreams: upstreams,
                    vault: stores.vault,
                    entered: enteredConnections,
                    audit: audit
                )
            )
        }
    }

    private var connectionVerbs: [AdministrationVerb] {
        let ofUpstream = UpstreamConnectionsEndpoint(
            vault: stores.vault,
            revocations: vault.revocations,
            audit: audit
        )
        return [
            AdministrationVerb(
                method: .get,
                path: "/admin/users/{id}/connections",
                summary: "A user's connections, without tokens.",
                endpoint: UserConnectionsEndpoint(vault: stores.vault, upstreams: upstreams)
            )
        ] + deposits + [
            AdministrationVerb(
                method: .post,
                path: "/admin/users/{id}/sign-out",
                summary: "Ends all of a user's logins with browsers; sessions of applications go on.",
                endpoint: UserSignOutEndpoint(vault: stores.vault, audit: audit)
            ),
            AdministrationVerb(
                method: .delete,
                path: "/admin/connections/{id}",
                summary: "Ends a connection, here and at the provider.",
                endpoint: ConnectionAdministrationEndpoint(ending: vault.ending, audit: audit)
            ),
            AdministrationVerb(
                method: .get,
                path: UpstreamConnectionsEndpoint.path,
                summary: "The connections of all users at an upstream, without tokens.",
                parameters: ["after", "limit"],
                endpoint: ofUpstream
            ),
            AdministrationVerb(
                method: .delete,
                path: UpstreamConnectionsEndpoint.path,
                summary: "Ends connections at an upstream, here and at the provider; repeat it while some remain.",
                endpoint: ofUpstream
            ),
        ]
    }

    private func operatorVerbs(
        _ administration: Stores.Administration,
        _ rotation: SigningKeyRotation
    ) -> [AdministrationVerb] {
        let endings = SessionEndings(
            administration: administration,
            sessions: stores.sessions,
            vault: stores.vault,
            audit: audit
        )
        return sessionVerbs(administration, endings) + clientVerbs(administration, endings)
            + blockVerbs(administration, endings) + [
                AdministrationVerb(
                    method: .delete,
                    path: "/admin/keys/{kid}",
                    summary: "Withdraws a signing key at once, with everything that it signed.",
                    endpoint: KeyWithdrawalEndpoint(rotation: rotation, keys: administration.keys, audit: audit)
                )
            ]
    }

    private static let page = ["after", "limit"]

    private func sessionVerbs(
        _ administration: Stores.Administration,
        _ endings: SessionEndings
    ) -> [AdministrationVerb] {
        [
            AdministrationVerb(
                method: .get,
                path: "/admin/users",
                summary: "The users; text must be part of name or verified address.",
                parameters: ["text"] + Self.page,
                endpoint: UserListEndpoint(administration: administration, sessions: stores.sessions)
            ),
            AdministrationVerb(
                method: .get,
                path: "/admin/sessions",
                summary: "The live sessions of a user, a client, a resource, or all.",
                parameters: ["user", "client", "resource"] + Self.page,
                endpoint: SessionListEndpoint(administration: administration)
            ),
            AdministrationVerb(
                method: .get,
                path: "/admin/sessions/{tsid}",
                summary: "A session.",
                endpoint: SessionAdministrationEndpoint(endings: endings, ends: false)
            ),
            AdministrationVerb(
                method: .delete,
                path: "/admin/sessions/{tsid}",
                summary: "Ends a session: none of its tokens is accepted any longer.",
                endpoint: SessionAdministrationEndpoint(endings: endings, ends: true)
            ),
            AdministrationVerb(
                method: .post,
                path: "/admin/end-all",
                summary:
                    "Ends all sessions of a user, a client, an upstream, or from before a time (seconds since 1970).",
                parameters: ["user", "client", "upstream", "before"],
                endpoint: EndAllEndpoint(endings: endings, audit: audit)
            ),
            AdministrationVerb(
                method: .get,
                path: "/admin/consents",
                summary: "The remembered approvals of a user, a client, or all.",
                parameters: ["user", "client"] + Self.page,
                endpoint: ConsentListEndpoint(
                    administration: administration,
                    lifetime: configuration.sessionPolicy.consentLifetime
                )
            ),
            AdministrationVerb(
                method: .delete,
                path: "/admin/consents",
                summary: "Withdraws the remembered approvals of a user or a client; sessions go on.",
                parameters: ["user", "client"],
                endpoint: ConsentWithdrawalEndpoint(
                    administration: administration,
                    sessions: stores.sessions,
                    audit: audit
                )
            ),
        ]
    }

    private func clientVerbs(
        _ administration: Stores.Administration,
        _ endings: SessionEndings
    ) -> [AdministrationVerb] {
        [
            AdministrationVerb(
                method: .get,
                path: "/admin/clients",
                summary: "The clients that registered themselves or are known by their documents; with id one client.",
                parameters: ["id"] + Self.page,
                endpoint: ClientListEndpoint(administration: administration, clients: stores.clients)
            ),
            AdministrationVerb(
                method: .delete,
                path: "/admin/clients",
                summary: "Removes a client that registered itself, and ends its sessions.",
                parameters: ["id"],
                endpoint: ClientRemovalEndpoint(endings: endings, clients: stores.clients, audit: audit)
            ),
        ]
    }

    private func blockVerbs(
        _ administration: Stores.Administration,
        _ endings: SessionEndings
    ) -> [AdministrationVerb] {
        [
            AdministrationVerb(
                method: .get,
                path: "/admin/blocks",
                summary: "Whom the operator keeps out.",
                endpoint: BlockListEndpoint(blocks: administration.blocks)
            ),
            AdministrationVerb(
                method: .post,
                path: "/admin/block",
                summary: "Keeps out a user, client, redirect_host or document_host, or pauses registration.",
                parameters: ["kind", "value"],
                endpoint: BlockEndpoint(blocks: administration.blocks, endings: endings, audit: audit, adds: true)
            ),
            AdministrationVerb(
                method: .post,
                path: "/admin/unblock",
                summary: "Removes a block; nothing that ended with it returns.",
                parameters: ["kind", "value"],
                endpoint: BlockEndpoint(blocks: administration.blocks, endings: endings, audit: audit, adds: false)
            ),
        ]
    }
}

extension Stores {
    /// The clients that the operator has not blocked.
    var admittedClients: AdmittedClients { AdmittedClients(store: clients, blocks: administration?.blocks) }
}
