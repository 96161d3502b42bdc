package import Logging
package import OAuthState
import Synchronization

/// Opens rows, and says once for each table that one of them cannot be opened.
///
/// Such a row was changed outside the server, or sealed under another storage key. Its request fails as if the database
/// were away: what cannot be read must not be taken for absent.
package final class RowOpener: Sendable {
    /// The seal of the rows.
    package let seal: RowSeal
    private let logger: Logger
    private let reported = Mutex<Set<String>>([])

    /// Opens what this seal sealed.
    package init(seal: RowSeal, logger: Logger) {
        self.seal = seal
        self.logger = logger
    }

    /// Opens a row's record.
    ///
    /// - Throws: `unavailable` when the bytes were not sealed for this row, or are of no known form.
    package func open<Row: RecordCodable>(
        _: Row.Type,
        _ sealed: [UInt8],
        table: String,
        identity: [UInt8]
    ) throws(StoreError) -> Row {
        do throws(StoreError) {
            return try seal.open(Row.self, sealed, table: table, identity: identity)
        } catch {
            report(table)
            throw error
        }
    }

    /// Opens a row's bytes.
    package func open(_ sealed: [UInt8], table: String, identity: [UInt8]) throws(StoreError) -> [UInt8] {
        do throws(StoreError) {
            return try seal.open(sealed, table: table, identity: identity)
        } catch {
            report(table)
            throw error
        }
    }

    private func report(_ table: String) {
        guard reported.withLock({ $0.insert(table).inserted }) else { return }
        logger.error(
            "a row of the database cannot be opened: it was changed, or sealed under another storage key",
            metadata: ["table": "\(table)"]
        )
    }
}
