package import OAuthState
package import PostgreSQLClient

/// A database behind a client.
package struct PostgreSQLDatabase: SQLDatabase {
    /// The client.
    package let client: PostgreSQLClient

    /// The database that this client reaches.
    package init(_ client: PostgreSQLClient) {
        self.client = client
    }

    package func run(_ calls: [SQLCall]) async throws(StoreError) -> [[SQLRow]] {
        let commands = calls.map { call in
            Command(
                number: call.statement.number,
                text: call.statement.text,
                parameters: call.parameters.map(\.wire)
            )
        }
        do throws(DatabaseError) {
            return try await client.run(commands).map { rows in rows.map { SQLRow($0.map(SQLValue.init(wire:))) } }
        } catch {
            switch error {
            case .unavailable: throw .unavailable
            case .outcomeUnknown: throw .outcomeUnknown
            }
        }
    }
}

extension SQLValue {
    fileprivate var wire: Value {
        switch self {
        case .null: .null
        case .integer(let value): .integer(value)
        case .text(let value): .text(value)
        case .bytes(let value): .bytes(value)
        case .boolean(let value): .boolean(value)
        case .byteStrings(let values): .byteStrings(values)
        case .texts(let values): .texts(values)
        }
    }

    fileprivate init(wire: Value) {
        switch wire {
        case .null: self = .null
        case .integer(let value): self = .integer(value)
        case .text(let value): self = .text(value)
        case .bytes(let value): self = .bytes(value)
        case .boolean(let value): self = .boolean(value)
        case .byteStrings(let values): self = .byteStrings(values)
        case .texts(let values): self = .texts(values)
        }
    }
}
