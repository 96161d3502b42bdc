import Foundations
package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
import Synchronization

/// RFC 9068 §4: an access token of ours that we signed or whose signature we have checked.
///
/// An object, so that a table of them moves one reference for each.
package final class VerifiedAccessToken: Sendable, Redacted {
    /// What it says.
    package let claims: AccessTokenClaims
    /// The token's claims as JSON.
    package let payload: [UInt8]
    /// The session that the claims name.
    package let sessionID: SessionID?
    private let userID: UserID?

    /// A token with these claims.
    package init(_ claims: AccessTokenClaims, payload: [UInt8]? = nil) {
        self.claims = claims
        self.payload = payload ?? claims.payload()
        sessionID = claims.sessionID.flatMap(SessionID.init)
        userID = UserID(claims.subject)
    }

    /// The reference by which revocations of it are looked up.
    package var reference: AccessTokenReference {
        AccessTokenReference(tokenID: claims.tokenID, sessionID: sessionID, audience: claims.audience)
    }

    /// Whether the session belongs to this token in every respect: the `tsid` is a handle, and is valid only together
    /// with the user, the client and the resource that it was issued for (VT-2).
    func belongs(to session: Session) -> Bool {
        guard session.userID == userID else { return false }
        // RFC 8693 §4.1: a delegated token is its actor's; its resource is not the session's.
        return claims.actor != nil || session.clientID == claims.clientID && session.resource == claims.audience
    }
}

/// ST-8: access tokens seen before, by their SHA-256, so that their signatures are not checked again.
///
/// Only constant facts are cached: the token's claims, and that it is ours. Revocation is looked up every time in the
/// store, which costs little, so that no way of revoking can forget a copy here.
package final class SeenAccessTokens: Sendable {
    private final class Shard: Sendable {
        let state = Mutex(State())
    }

    private enum Entry {
        /// Signed here and not presented yet: most never are, because resource servers verify signatures themselves.
        case issued(payload: [UInt8])
        case verified(VerifiedAccessToken)
    }

    private struct State {
        /// The key set with which the entries were verified; a removed key takes its tokens along (D-39).
        var keySet: [UInt8] = []
        var recent: [SHA256Digest: Entry] = [:]
        /// The previous generation: when the recent one is full it takes this place, and unused entries are dropped.
        var older: [SHA256Digest: Entry] = [:]
    }

    private let shards: [Shard]
    private let generationCountMax: Int

    private static let shardCount = 8

    /// An empty cache of at most `countMax` tokens.
    package init(countMax: Int = 16_384) {
        shards = (0..<Self.shardCount).map { _ in Shard() }
        generationCountMax = max(1, countMax / Self.shardCount / 2)
    }

    /// The token with this digest, if it was seen under exactly these keys; expired ones included.
    package func token(_ digest: SHA256Digest, under keys: SigningKeySet) -> VerifiedAccessToken? {
        switch entry(digest, keys) {
        case .verified(let token): return token
        case .issued(let payload):
            // Our own text is readable; if it were not, the token would be verified like any other.
            guard let claims = try? AccessTokenClaims(parsing: payload) else { return nil }
            let token = VerifiedAccessToken(claims, payload: payload)
            shard(of: digest).state.withLock { state in
                // In its own place only: reading creates neither another generation nor another key set.
                guard state.keySet == keys.document, state.recent[digest] != nil else { return }
                state.recent[digest] = .verified(token)
            }
            return token
        case nil: return nil
        }
    }

    private func entry(_ digest: SHA256Digest, _ keys: SigningKeySet) -> Entry? {
        shard(of: digest).state.withLock { state in
            // The same buffer compares in one step.
            guard state.keySet == keys.document else { return nil }
            if let entry = state.recent[digest] { return entry }
            guard let entry = state.older[digest] else { return nil }
            insert(entry, digest, &state)
            return entry
        }
    }

    /// Remembers a token that was verified with these keys.
    package func insert(_ token: VerifiedAccessToken, digest: SHA256Digest, under keys: SigningKeySet) {
        insert(.verified(token), digest, keys)
    }

    /// Remembers a token that was signed by these keys.
    package func insert(issued payload: [UInt8], digest: SHA256Digest, under keys: SigningKeySet) {
        insert(.issued(payload: payload), digest, keys)
    }

    private func insert(_ entry: Entry, _ digest: SHA256Digest, _ keys: SigningKeySet) {
        shard(of: digest).state.withLock { state in
            if state.keySet != keys.document {
                state = State(keySet: keys.document)
            }
            insert(entry, digest, &state)
        }
    }

    /// How many tokens are cached, for metrics.
    package var count: Int {
        shards.reduce(0) { total, shard in
            total + shard.state.withLock { $0.recent.count + $0.older.count }
        }
    }

    private func insert(_ entry: Entry, _ digest: SHA256Digest, _ state: inout State) {
        if state.recent.count >= generationCountMax {
            state.older = state.recent
            state.recent = Dictionary(minimumCapacity: generationCountMax)
        }
        state.recent[digest] = entry
    }

    private func shard(of digest: SHA256Digest) -> Shard {
        shards[Int(truncatingIfNeeded: digest.leadingBits % UInt64(Self.shardCount))]
    }
}
