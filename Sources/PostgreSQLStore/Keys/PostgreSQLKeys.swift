import OAuthProtocol
import OAuthState

/// Signing keys, the server's root secret and the secrets of the vault's keys, in a database.
///
/// Every change holds the row of the generation's number first, so that changes of several nodes come one after the
/// other, and each of their statements sees what the one before made.
package struct PostgreSQLKeys: KeyStore, KeyWithdrawalStore {
    let place: StorePlace
    let followers = KeyFollowers()

    /// The keys in a database.
    package init(_ place: StorePlace) {
        self.place = place
    }

    var database: any SQLDatabase { place.database }

    /// Runs the statements of a change after the row of the generation's number is held; returns the rows of the
    /// statements.
    func change(_ calls: [SQLCall]) async throws(StoreError) -> [[SQLRow]] {
        let results = Array(try await database.run([SQLCall(Self.hold)] + calls).dropFirst())
        guard results.count == calls.count else { throw .unavailable }
        return results
    }

    private static let hold = SQLStatement("SELECT number FROM key_generation WHERE id = 1 FOR UPDATE")

    /// A part of a statement: the next number of the generation, if a part `changed` of it has rows.
    static let advancing =
        "UPDATE key_generation SET number = number + 1 WHERE id = 1 AND EXISTS (SELECT 1 FROM changed)"
}
