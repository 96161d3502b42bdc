import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import UpstreamIdentity

/// Stores credentials that users enter, or administrators deposit: checked at the provider, sealed, durable.
struct EnteredConnections: Sendable {
    let keeper: ConnectionKeeper
    let sealing: TokenSealing

    /// Why nothing was stored.
    enum Failure: Error {
        case unusable(EnteredCredential.Problem)
        /// The provider does not accept it.
        case refused
        /// Whether it works cannot be found out now.
        case unavailable
        case other(OAuthError)
    }

    /// Checks values, at the provider too, and prepares what is stored of them.
    func draft(
        _ values: EnteredValues,
        at provider: UpstreamProvider,
        for userID: UserID,
        now: Timestamp
    ) async throws(Failure) -> ConnectionDraft {
        guard let credential = provider.enteredCredential, let binding = provider.enteredBinding else {
            throw .other(OAuthError(.invalidRequest, "credentials of this upstream are not entered"))
        }
        let rendered: EnteredCredential.Rendered
        do { rendered = try credential.rendered(values) } catch { throw .unusable(error) }
        do {
            guard try await provider.check(rendered) == .accepted else { throw Failure.refused }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .unavailable
        }
        let tokens = UpstreamTokens(
            accessToken: rendered.credential,
            // Also when there are none, so that those of an earlier entry do not stay.
            fields: rendered.open.serializedString()
        )
        do throws(OAuthError) {
            // Each user has one credential there, which has the user's own name.
            return ConnectionDraft(
                userID: userID,
                upstream: provider.name,
                account: userID.text,
                accountName: rendered.open.members.first?.value.stringValue ?? "entered by you",
                tokens: try sealed(tokens, for: userID, upstream: provider.name, account: userID.text),
                scopes: .empty,
                accessTokenExpiry: credential.lifetime.map { now + $0 },
                upstreamClientID: binding
            )
        } catch {
            throw .other(error)
        }
    }

    /// Tokens, sealed for their place.
    func sealed(
        _ tokens: UpstreamTokens,
        for userID: UserID,
        upstream: String,
        account: String
    ) throws(OAuthError) -> SealedTokens {
        do {
            return try sealing.seal(tokens, at: .init(userID: userID, upstream: upstream, account: account))
        } catch {
            throw OAuthError(.serverError, "the credential could not be sealed")
        }
    }

    /// Stores a draft; durable when this returns.
    func store(_ draft: ConnectionDraft, _ context: RequestContext) async throws(OAuthError) -> Connection {
        try await keeper.store(draft, context)
    }
}
