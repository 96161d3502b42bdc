import OAuthProtocol
package import OAuthState
import Synchronization

/// Those who wait for generations of keys, and the newest one that they were given.
final class KeyFollowers: Sendable {
    private struct State {
        var number: UInt64?
        var followers: [AsyncStream<KeyGeneration>.Continuation] = []
    }

    private let state = Mutex(State())

    /// The number of the newest generation that is known here; `nil` before the first.
    var number: UInt64? { state.withLock { $0.number } }

    /// The generations after this call.
    func follow() -> AsyncStream<KeyGeneration> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: KeyGeneration.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        state.withLock { $0.followers.append(continuation) }
        return stream
    }

    /// Remembers what a reader was given, so that it is not announced again.
    func note(_ generation: KeyGeneration) {
        state.withLock { state in
            // A follower that is there already must be given it.
            guard state.followers.isEmpty, state.number.map({ $0 < generation.number }) ?? true else { return }
            state.number = generation.number
        }
    }

    /// Passes a generation on, unless it, or a newer one, was passed on already.
    func announce(_ generation: KeyGeneration) {
        state.withLock { state in
            guard state.number.map({ $0 < generation.number }) ?? true else { return }
            state.number = generation.number
            state.followers.removeAll { follower in
                if case .terminated = follower.yield(generation) { true } else { false }
            }
        }
    }
}

/// How nodes learn of keys: by the number of their generation, which each node asks for once a second.
extension PostgreSQLKeys {
    package func generation() async throws(StoreError) -> KeyGeneration {
        let generation = try await read()
        followers.note(generation)
        return generation
    }

    package func generations() async throws(StoreError) -> AsyncStream<KeyGeneration> {
        followers.follow()
    }

    /// Announces the newest generation if another node has changed the keys.
    ///
    /// - Throws: ``StoreError`` when the database cannot be asked; keys stay as they are until it can.
    package func poll() async throws(StoreError) {
        guard let row = try await database.run(Self.number).first else { throw .unavailable }
        let present = UInt64(bitPattern: try row.integer(0))
        guard followers.number != present else { return }
        followers.announce(try await read())
    }

    /// Announces what this node has changed.
    ///
    /// A failure is no failure of the change, which holds: the next poll announces it.
    func announce() async {
        do throws(StoreError) {
            followers.announce(try await read())
        } catch {}
    }

    private func read() async throws(StoreError) -> KeyGeneration {
        var number: Int64?
        var signingKeys: [StoredSigningKey] = []
        var vaultKeys: [VaultKeySecret] = []
        for row in try await database.run(Self.everything) {
            switch try row.integer(0) {
            case 0: number = try row.integer(1)
            case 1: signingKeys.append(try signingKey(row))
            default: vaultKeys.append(try vaultKey(row))
            }
        }
        guard let number else { throw .unavailable }
        return KeyGeneration(number: UInt64(bitPattern: number), signingKeys: signingKeys, vaultKeys: vaultKeys)
    }

    private func signingKey(_ row: SQLRow) throws(StoreError) -> StoredSigningKey {
        let (keyID, body) = (try row.text(2), try row.bytes(3))
        var key = try place.opener.open(
            StoredSigningKey.self,
            body,
            table: Self.keyTable,
            identity: Array(keyID.utf8)
        )
        guard let state = UInt8(exactly: try row.integer(4)).flatMap(StoredSigningKey.State.init),
            let origin = UInt8(exactly: try row.integer(5)).flatMap(StoredSigningKey.Origin.init)
        else { throw .unavailable }
        key.state = state
        key.origin = origin
        key.activatedAt = try row.optionalTime(6)
        key.retiredAt = try row.optionalTime(7)
        return key
    }

    private func vaultKey(_ row: SQLRow) throws(StoreError) -> VaultKeySecret {
        guard let number = UInt32(exactly: try row.integer(1)) else { throw .unavailable }
        let body = try row.bytes(3)
        return try place.opener.open(
            VaultKeySecret.self,
            body,
            table: Self.vaultTable,
            identity: Self.identity(ofVaultKey: number)
        )
    }

    private static let number = SQLStatement("SELECT number FROM key_generation WHERE id = 1")

    // One statement, so that number and keys are of one moment.
    private static let everything = SQLStatement(
        """
        SELECT 0::bigint AS kind, number AS place, ''::text, ''::bytea, 0::bigint, 0::bigint, NULL::bigint,
            NULL::bigint
        FROM key_generation WHERE id = 1
        UNION ALL
        SELECT 1, position, key_id, body, state, origin, activated_at, retired_at FROM signing_keys
        UNION ALL
        SELECT 2, number, '', body, 0, 0, NULL, NULL FROM vault_keys
        ORDER BY kind, place
        """
    )
}
