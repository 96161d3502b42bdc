import Foundations
package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
import Synchronization

/// RFC 9068 §4: an access token of ours whose signature we made or have checked.
///
/// An object, so that a table of them moves one reference for each.
package final class VerifiedAccessToken: Sendable, Redacted {
    /// What it says.
    package let claims: AccessTokenClaims
    /// What it says, as JSON.
    package let payload: [UInt8]
    /// The session that it says.
    package let sessionID: SessionID?
    private let userID: UserID?

    /// A token with these claims.
    package init(_ claims: AccessTokenClaims, payload: [UInt8]? = nil) {
        self.claims = claims
        self.payload = payload ?? claims.payload()
        sessionID = claims.sessionID.flatMap(SessionID.init)
        userID = UserID(claims.subject)
    }

    /// What it is looked up by among what was revoked.
    package var reference: AccessTokenReference {
        AccessTokenReference(tokenID: claims.tokenID, sessionID: sessionID)
    }

    /// Whether the session is this token's in every point: the `tsid` is a handle, and counts only together with the
    /// user, the client and the resource that it was issued for (VT-2).
    func belongs(to session: Session) -> Bool {
        session.userID == userID && session.clientID == claims.clientID && session.resource == claims.audience
    }
}

/// ST-8: access tokens seen before, by their SHA-256, so that their signatures are not checked again.
///
/// Only what cannot change is kept: what a token says and that it is ours. Whether it was revoked is asked every time where
/// revocations are kept, which costs little, so that no way of revoking can forget a copy here.
package final class SeenAccessTokens: Sendable {
    private final class Shard: Sendable {
        let state = Mutex(State())
    }

    private enum Entry {
        /// Signed here and not come back yet: most never do, for resource servers look at signatures themselves.
        case issued(payload: [UInt8])
        case verified(VerifiedAccessToken)
    }

    private struct State {
        /// The key set under which the entries were verified; a key that is gone takes its tokens along (D-39).
        var keySet: [UInt8] = []
        var recent: [SHA256Digest: Entry] = [:]
        /// The generation before: when the recent one is full it takes this place, and what was not used since is dropped.
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

    /// The token with this digest, if it was seen under these very keys; expired ones included.
    package func token(_ digest: SHA256Digest, under keys: SigningKeySet) -> VerifiedAccessToken? {
        switch entry(digest, keys) {
        case .verified(let token): return token
        case .issued(let payload):
            // What we wrote can be read; were it not so, the token would be verified like any other.
            guard let claims = try? AccessTokenClaims(parsing: payload) else { return nil }
            let token = VerifiedAccessToken(claims, payload: payload)
            shard(of: digest).state.withLock { state in
                // In its own place only: neither another generation nor another key set comes of reading.
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

    /// How many tokens are kept, for the metric.
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
