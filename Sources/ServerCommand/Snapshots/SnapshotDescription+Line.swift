import DurableLog
import OAuthProtocol

extension SnapshotDescription {
    /// The snapshot as one line for the operator.
    var line: String { "\(file)  \(summary)" }

    /// When it was taken, the last record that it contains, and its length.
    var summary: String {
        let created = Timestamp(secondsSinceEpoch: creationSeconds).rfc3339
        return "taken \(created)  up to record \(position.sequenceNumber)  \(byteCount) bytes"
    }
}
