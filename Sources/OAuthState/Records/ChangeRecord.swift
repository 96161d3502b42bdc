/// The kinds of records, as their first byte.
///
/// A journal is a list of them; so is a snapshot, with one record per row.
///
/// Every record sets an absolute value and can be applied twice: recovery may replay what a snapshot already contains.
/// A number is never reused for another kind.
package enum RecordKind: UInt8, Sendable, CaseIterable {
    // ClientRegistry
    case putClient = 0x10
    case touchClient = 0x11
    case removeClient = 0x12
    // AuthorizationSessions
    case putSession = 0x20
    case rotateRefreshToken = 0x21
    case removeSession = 0x22
    /// The form before users were stored; only read.
    case putConsent = 0x23
    case removeConsent = 0x24
    case putRevokedToken = 0x25
    case putRevokedTokenOfSession = 0x26
    case putConsentOfUser = 0x27
    case putEnding = 0x28
    /// What a snapshot says of the log of endings beside its entries.
    case putEndingMark = 0x29
    case withdrawEnding = 0x2A
    // TokenVault
    case putUser = 0x30
    case putIdentity = 0x31
    case putConnection = 0x32
    case removeConnection = 0x33
    case removeUser = 0x34
    case putUpstreamRegistration = 0x35
    /// A connection with fields beside its tokens; one without them keeps the older form.
    case putConnectionWithFields = 0x36
    /// A user who chose accounts to be used by default, or whose browser logins were ended; any other keeps the older
    /// form.
    case putUserWithDefaults = 0x37
    /// A new user with the login identity; journals of earlier versions have the two as records of their own, and so
    /// have snapshots.
    case putUserOfIdentity = 0x38
    /// A connection whose account met `required_claims`; one without such claims keeps an older form.
    case putConnectionWithClaims = 0x39
    // SigningKeyRing
    case putSigningKey = 0x40
    case removeSigningKey = 0x41
    case putServerSecret = 0x42
    case putVaultKey = 0x43
    case removeVaultKey = 0x44
    // ReplayGuard
    /// The form before owners were stored; only read.
    case consumeAssertion = 0x50
    case consumeOwnedAssertion = 0x51
    // BlockList
    case putBlock = 0x60
    case removeBlock = 0x61
    // EventStreams
    case putEventStream = 0x70
    case removeEventStream = 0x71
}

/// A row that can be in the journal and in a snapshot.
package protocol RecordCodable: Sendable {
    /// Writes the row after its kind.
    func write(to writer: inout BinaryWriter)
    /// Reads the output of `write`.
    init(from reader: inout BinaryReader) throws(RecordError)
}

extension RecordCodable {
    /// The row as one record of the given kind.
    package func record(_ kind: RecordKind) -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.write(kind.rawValue)
        write(to: &writer)
        return writer.bytes
    }
}

extension BinaryWriter {
    /// A record of a kind with a body.
    package static func record(_ kind: RecordKind, _ body: (inout BinaryWriter) -> Void) -> [UInt8] {
        var writer = BinaryWriter(reserving: 48)
        writer.write(kind.rawValue)
        body(&writer)
        return writer.bytes
    }
}
