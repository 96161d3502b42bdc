import OAuthState

/// What travels between a server and its networked stores, as bytes: nothing that only lives in memory gets across.
enum Carriage {
    /// A value as it arrives: the rows in it are written as bytes and read again.
    static func carried<Value>(_ value: Value) throws(StoreError) -> Value {
        let arrived: Any
        switch value {
        case let connection as Connection: arrived = try read(connection)
        case let row as any RecordCodable: arrived = try read(row)
        case let outcome as any Carried: arrived = try outcome.carried()
        default: return value
        }
        guard let arrived = arrived as? Value else { throw .unavailable }
        return arrived
    }

    // Fields beside the tokens and accepted claims are in records of other kinds, after everything else.
    private static func read(_ connection: Connection) throws(StoreError) -> Connection {
        var writer = BinaryWriter(reserving: 256)
        connection.write(to: &writer)
        var reader = BinaryReader(writer.bytes)
        var arrived: Connection
        do throws(RecordError) { arrived = try Connection(from: &reader) } catch { throw .unavailable }
        arrived.tokens.fields = connection.tokens.fields
        arrived.acceptedClaims = try carried(connection.acceptedClaims)
        return arrived
    }

    private static func read<Row: RecordCodable>(_ row: Row) throws(StoreError) -> Row {
        var writer = BinaryWriter(reserving: 256)
        row.write(to: &writer)
        var reader = BinaryReader(writer.bytes)
        do throws(RecordError) { return try Row(from: &reader) } catch { throw .unavailable }
    }
}

/// An outcome with rows in it.
protocol Carried {
    func carried() throws(StoreError) -> Self
}

extension Array: Carried {
    func carried() throws(StoreError) -> [Element] {
        var arrived: [Element] = []
        for element in self { arrived.append(try Carriage.carried(element)) }
        return arrived
    }
}

extension RedemptionOutcome: Carried {
    func carried() throws(StoreError) -> RedemptionOutcome {
        guard case .redeemed(let session, let grant) = self else { return self }
        return .redeemed(try Carriage.carried(session), grant)
    }
}

extension RotationOutcome: Carried {
    func carried() throws(StoreError) -> RotationOutcome {
        switch self {
        case .rotated(let session): .rotated(try Carriage.carried(session))
        case .caughtUp(let session): .caughtUp(try Carriage.carried(session))
        case .repeated(let session): .repeated(try Carriage.carried(session))
        case .repeatedElsewhere(let session): .repeatedElsewhere(try Carriage.carried(session))
        case .reused(let session): .reused(try Carriage.carried(session))
        case .upstreamEnded(let session, let id): .upstreamEnded(try Carriage.carried(session), id)
        default: self
        }
    }
}

extension AgentUse: Carried {
    func carried() throws(StoreError) -> AgentUse {
        switch self {
        case .used(let session): .used(try Carriage.carried(session))
        case .upstreamEnded(let session, let id): .upstreamEnded(try Carriage.carried(session), id)
        case .unknown: self
        }
    }
}

extension SessionRevocation: Carried {
    func carried() throws(StoreError) -> SessionRevocation {
        guard case .revoked(let session) = self else { return self }
        return .revoked(try Carriage.carried(session))
    }
}

extension AccessTokenRevocation: Carried {
    func carried() throws(StoreError) -> AccessTokenRevocation {
        guard case .sessionEnded(let session) = self else { return self }
        return .sessionEnded(try Carriage.carried(session))
    }
}

extension AccessTokenStanding: Carried {
    func carried() throws(StoreError) -> AccessTokenStanding {
        guard case .session(let session) = self else { return self }
        return .session(try Carriage.carried(session))
    }
}

extension ConnectionOutcome: Carried {
    func carried() throws(StoreError) -> ConnectionOutcome {
        switch self {
        case .stored(let connection): .stored(try Carriage.carried(connection))
        case .superseded(let connection): .superseded(try Carriage.carried(connection))
        case .full: .full
        }
    }
}

extension RefreshLease: Carried {
    func carried() throws(StoreError) -> RefreshLease {
        switch self {
        case .granted(let connection): .granted(try Carriage.carried(connection))
        case .held: self
        case .superseded(let connection): .superseded(try Carriage.carried(connection))
        }
    }
}

extension DueRefreshes: Carried {
    func carried() throws(StoreError) -> DueRefreshes {
        DueRefreshes(connections: try Carriage.carried(connections), isComplete: isComplete)
    }
}

extension KeyGeneration: Carried {
    func carried() throws(StoreError) -> KeyGeneration {
        KeyGeneration(
            number: number,
            signingKeys: try Carriage.carried(signingKeys),
            vaultKeys: try Carriage.carried(vaultKeys)
        )
    }
}
