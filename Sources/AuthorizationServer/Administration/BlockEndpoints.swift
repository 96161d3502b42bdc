import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// `GET /admin/blocks`: whom the operator keeps out.
struct BlockListEndpoint: RequestHandler {
    let blocks: any BlockStore

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let rows = try await OAuthError.attempt(await blocks.blocks()).map { block -> JSONObject in
                [
                    "kind": .string(block.party.kind), "value": .string(block.party.value),
                    "since": .string(block.since.rfc3339),
                ]
            }
            return .page("blocks", rows, limit: .max, next: nil)
        } catch {
            return .error(error)
        }
    }
}

/// `POST /admin/block` and `/admin/unblock`, with `kind=` (`user`, `client`, `redirect_host`, `document_host`,
/// `registration`) and `value=`: keeps somebody or something out, through restarts, until it is unblocked.
///
/// Blocking a user or a client ends its sessions, and a user's logins in browsers; unblocking revives none.
struct BlockEndpoint: RequestHandler {
    let blocks: any BlockStore
    let endings: SessionEndings
    let audit: AuditTrail
    /// Whether it blocks, rather than unblocks.
    let adds: Bool

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            let value = try asked.text("value") ?? ""
            guard let kind = try asked.text("kind"), let party = BlockedParty(kind: kind, value: value) else {
                throw OAuthError(
                    .invalidRequest,
                    "kind must be user, client, redirect_host, document_host or registration, with its value"
                )
            }
            var json: JSONObject = ["kind": .string(kind), "value": .string(value)]
            if adds {
                let outcome = try await OAuthError.attempt(await blocks.block(party, now: context.now).outcome)
                guard outcome != .full else { throw OAuthError(.invalidRequest, "there are too many blocks") }
                // Recorded before what follows: the block holds, whatever becomes of the sessions.
                audit.record(.blocked(party, isBlocked: true, by: asked.actor), context: context)
                json["sessions"] = .integer(try await end(party, asked.actor, context))
            } else {
                guard try await OAuthError.attempt(await blocks.unblock(party).outcome) else { return .noSuchRow }
                audit.record(.blocked(party, isBlocked: false, by: asked.actor), context: context)
            }
            return .json(json.serialized())
        } catch {
            return .error(error)
        }
    }

    private func end(
        _ party: BlockedParty,
        _ actor: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> Int {
        switch party {
        case .user(let id):
            try await endings.endBrowserLogins(of: id)
            return try await endings.endAll(SessionFilter(userID: id), by: actor, context: context)
        case .client(let id):
            return try await endings.endAll(SessionFilter(clientID: id), by: actor, context: context)
        case .redirectHost, .documentHost, .registration: return 0
        }
    }
}
