package import OAuthState

/// Blocks as records of a snapshot, for copies from and to a directory.
extension PostgreSQLBlocks {
    /// Writes rows of a snapshot; blocks that are there already stay as they are.
    ///
    /// Changes that are no rows are not part of a snapshot, and are passed over.
    package func add(_ changes: [BlockList.Change]) async throws(StoreError) {
        for change in changes {
            guard case .put(let block) = change else { continue }
            _ = try await self.block(block.party, now: block.since).outcome
        }
    }

    /// Passes every row on as a record of a snapshot.
    ///
    /// - Throws: ``StoreError``, and the errors of `body`.
    package func forEachRecord(_ body: ([UInt8]) throws -> Void) async throws {
        for block in try await blocks() { try body(block.record(.putBlock)) }
    }
}
