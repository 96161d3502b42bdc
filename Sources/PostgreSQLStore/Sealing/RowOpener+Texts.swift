import OAuthState

extension RowOpener {
    /// Opens a sealed text; `unavailable` when it is not UTF-8.
    func openText(_ sealed: [UInt8], table: String, identity: [UInt8]) throws(StoreError) -> String {
        let bytes = try open(sealed, table: table, identity: identity)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .unavailable }
        return text
    }
}
