import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// `GET /admin/consents`: the remembered approvals, of `user=`, of `client=`, or all.
struct ConsentListEndpoint: RequestHandler {
    let administration: Stores.Administration
    let lifetime: Duration

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            let limit = try asked.limit()
            let (userID, clientID, after): (UserID?, String?, String?) = (
                try asked.identifier("user"), try asked.text("client"), try asked.text("after")
            )
            let consents = try await OAuthError.attempt(
                await administration.listing.consents(
                    of: userID,
                    to: clientID,
                    after: after,
                    limit: limit,
                    now: context.now
                )
            )
            return .page("consents", consents.map(row), limit: limit, next: consents.last?.id)
        } catch {
            return .error(error)
        }
    }

    private func row(_ consent: RememberedConsent) -> JSONObject {
        [
            "id": .string(consent.id), "sub": .string(consent.userID.text), "client_id": .string(consent.clientID),
            "destination": .string(consent.destination), "resource": .string(consent.resource),
            "scope": .string(consent.scopes.text), "given_at": .string(consent.givenAt.rfc3339),
            "expires_at": .string((consent.givenAt + lifetime).rfc3339),
        ]
    }
}

/// `DELETE /admin/consents`: withdraws the remembered approvals of `user=`, of `client=`, or of both together; sessions
/// go on.
struct ConsentWithdrawalEndpoint: RequestHandler {
    let administration: Stores.Administration
    let sessions: any ConsentStore
    let audit: AuditTrail

    /// How many approvals are looked at before the next are listed.
    private static let sliceCount = 500

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            let (userID, clientID): (UserID?, String?) = (try asked.identifier("user"), try asked.text("client"))
            guard userID != nil || clientID != nil else {
                throw OAuthError(.invalidRequest, "give user or client")
            }
            let count = try await withdraw(userID, clientID, by: asked.actor, context: context)
            let json: JSONObject = ["consents": .integer(count)]
            return .json(json.serialized())
        } catch {
            return .error(error)
        }
    }

    @concurrent
    private func withdraw(
        _ userID: UserID?,
        _ clientID: String?,
        by actor: String,
        context: RequestContext
    ) async throws(OAuthError) -> Int {
        var (count, after): (Int, String?) = (0, nil)
        while true {
            let slice = try await OAuthError.attempt(
                await administration.listing.consents(
                    of: userID,
                    to: clientID,
                    after: after,
                    limit: Self.sliceCount,
                    now: context.now
                )
            )
            guard let last = slice.last else { return count }
            for owner in Set(slice.map(\.userID)) {
                let withdrawal = ConsentWithdrawal(userID: owner, clientID: clientID)
                let own = try await OAuthError.attempt(await sessions.withdraw(withdrawal).outcome)
                guard own > 0 else { continue }
                count += own
                await audit.waitForRoom()
                audit.record(.consentsWithdrawn(withdrawal, count: own, by: actor), context: context)
            }
            after = last.id
        }
    }
}
