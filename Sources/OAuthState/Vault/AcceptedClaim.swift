/// UP-4: the values by which an account met one of the operator's `required_claims` when it last logged in.
///
/// Only accepted values are kept, never the account's other ones. They decide whether a session may continue after the
/// operator has changed the requirement.
package struct AcceptedClaim: Hashable, Sendable {
    /// The claim's name or path, as the configuration has it.
    package var claim: String
    /// The accepted values that the account had, sorted.
    package var values: [String]

    /// A claim with the accepted values.
    package init(claim: String, values: [String]) {
        self.claim = claim
        self.values = values
    }
}

extension AcceptedClaim: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(claim)
        writer.write(values) { $0.write($1) }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        claim = try reader.string()
        values = try reader.array { (reader) throws(RecordError) in try reader.string() }
    }
}
