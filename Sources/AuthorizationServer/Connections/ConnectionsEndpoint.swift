import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// RFC 6750 §2.1: `GET /connections`, a user's connections, as JSON for the holder of an access token and as a page for
/// a browser.
struct ConnectionsEndpoint: Endpoint {
    let access: ConnectionAccess
    let pages: UserPages
    let vault: any ConnectionStore

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard request.values(of: .authorization).isEmpty else { return await listing(request, context) }
        // Without a token it must be a person; programs get an error that states what they need.
        guard request.values(of: .accept).contains(where: { $0.contains("text/html") }) else {
            return access.challenge(context)
        }
        return await pages.overview(request, context)
    }

    private func listing(_ request: Request, _ context: RequestContext) async -> Response {
        let grant: ConnectionAccess.Grant
        do throws(ResourceAccess.Refusal) { grant = try await access.authorize(request, context: context) } catch {
            return access.answer(error, context)
        }
        do throws(OAuthError) {
            let connections = try await OAuthError.attempt(await vault.connections(of: grant.userID))
            let listing = ConnectionListing(connections, among: grant.upstreams)
            return .json((grant.mayManage ? listing.json : listing.summary).serialized()).bringing(nonce: grant.nonce)
        } catch {
            return .error(error)
        }
    }
}

/// RFC 6750 §3.1: `DELETE /connections/{id}` ends one of the user's connections, here and at the provider; the token
/// needs the scope `connections`.
///
/// A client that only wants to end its own use revokes its session.
struct ConnectionRemovalEndpoint: Endpoint {
    let access: ConnectionAccess
    let vault: any ConnectionStore
    let ending: ConnectionEnding
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        let grant: ConnectionAccess.Grant
        do throws(ResourceAccess.Refusal) { grant = try await access.authorize(request, context: context) } catch {
            return access.answer(error, context)
        }
        do throws(OAuthError) {
            guard grant.mayManage else { return ConnectionAccess.insufficientScope() }
            // Another user's connection is answered like one that never existed.
            guard let id = request.pathParameter.flatMap(ConnectionID.init),
                let connection = try await OAuthError.attempt(await vault.connection(id)),
                connection.userID == grant.userID,
                grant.upstreams.contains(where: { $0.hasSameBytes(as: connection.upstream) }),
                let outcome = try await ending.end(id)
            else { return .noSuchConnection }
            audit.record(
                .disconnected(outcome.connection, by: "user", provider: outcome.provider.rawValue),
                context: context
            )
            return .json(outcome.json.serialized()).bringing(nonce: grant.nonce)
        } catch {
            return .error(error)
        }
    }
}

extension Response {
    /// The connection does not exist, or belongs to another user.
    static var noSuchConnection: Response {
        .json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound)
    }
}

extension ConnectionsEndpoint {
    var surfaces: [Surface] {
        [Surface(.get, ConnectionsPage.path, name: "connections", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "listConnections",
        summary: """
            Lists a user's upstream connections: JSON with an access token, with accounts and times if it has the scope \
            connections; a page in a browser.
            """,
        parameters: [.proof],
        security: ["accessToken"],
        responses: [
            (200, OpenAPIResponse.json("The connections", .connections).merging(.page("The page"))),
            (401, .error("The access token is missing or invalid")), (500, .page("The page could not be created")),
        ]
    )
}

extension ConnectionRemovalEndpoint {
    var surfaces: [Surface] {
        [Surface(.delete, ConnectionsPage.path + "/{id}", name: "connections", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "disconnect",
        summary: "Ends a connection: erases it, revokes it at the provider, and reports both results.",
        parameters: [.inPath("id"), .proof],
        security: ["accessToken"],
        responses: [
            (200, .json("The results", .disconnection)), (401, .error("The access token is missing or invalid")),
            (403, .error("The access token lacks the scope connections")),
            (404, .error("The user has no such connection")), (503, OpenAPIOperation.unavailable),
        ]
    )
}

extension OpenAPISchema {
    fileprivate static let connections = OpenAPISchema(
        "Connections",
        required: ["connections", "missing"],
        ["connections": ["type": "array", "items": ["type": "object"]], "missing": texts]
    )

    fileprivate static let disconnection = OpenAPISchema(
        "Disconnection",
        required: ["id", "upstream", "erased", "provider"],
        [
            "id": ["type": "string"], "upstream": ["type": "string"], "erased": ["type": "boolean"],
            "provider": ["type": "string"],
        ]
    )
}
