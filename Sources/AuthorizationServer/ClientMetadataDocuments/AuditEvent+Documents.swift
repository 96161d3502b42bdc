import OAuthProtocol

extension AuditEvent {
    /// A client's metadata document was unusable (CM-6).
    package static func metadataDocumentRefused(clientID: String, _ failure: MetadataDocumentFailure) -> AuditEvent {
        AuditEvent(
            "client.document_refused",
            [
                "client_id": .string(clientID),
                "kind": .string(failure.kind.rawValue),
                "reason": .string(failure.reason),
            ]
        )
    }
}
