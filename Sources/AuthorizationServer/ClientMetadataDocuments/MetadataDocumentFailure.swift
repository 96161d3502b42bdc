import OAuthProtocol

/// Why a client's metadata document is unusable: the class of the reason, as the page, the log and the audit trail name
/// it.
package struct MetadataDocumentFailure: Error, Hashable, Sendable {
    /// The classes, which determine how the failure is answered (CM-6).
    package enum Kind: String, Sendable, CaseIterable {
        /// The URL is not one that a client may have (CM-1), or is one of this server (D-93).
        case invalidURL = "invalid_url"
        /// The operator does not accept this client (CM-10).
        case notAllowed = "not_allowed"
        /// The address policy refuses the host (D-81…83).
        case addressRefused = "address_refused"
        /// The host did not answer, or not within the bounds of time and size.
        case unreachable = "unreachable"
        /// The host answered with something other than a document (D-84, D-85).
        case badAnswer = "bad_answer"
        /// The document breaks a rule (CM-3, CM-9).
        case badDocument = "bad_document"
        /// Too many fetches for this source or host (CM-7, D-90).
        case throttled
    }

    /// The class of the reason.
    package let kind: Kind
    /// One sentence without quotes, written for the client's developer; it repeats nothing of the answer's body.
    package let reason: String
    /// Whether only the audit trail names the class and the reason.
    private let isConcealed: Bool

    /// What the page says of a host that cannot be reached, whatever the cause.
    static let unreachableHost = "the host is unreachable"

    init(_ kind: Kind, _ reason: String) {
        self.init(kind, reason, isConcealed: false)
    }

    private init(_ kind: Kind, _ reason: String, isConcealed: Bool) {
        self.kind = kind
        self.reason = reason
        self.isConcealed = isConcealed
    }

    /// A failure that the page does not distinguish from a host that is unreachable: it would otherwise show strangers
    /// which names exist in the internal network (S-19).
    static func concealed(_ kind: Kind, _ reason: String) -> MetadataDocumentFailure {
        MetadataDocumentFailure(kind, reason, isConcealed: true)
    }

    /// The failure as the authorization endpoint's page explains it.
    var pageError: AuthorizationPageError {
        if isConcealed { return AuthorizationPageError(.clientMetadataUnavailable(Self.unreachableHost)) }
        return switch kind {
        case .invalidURL, .notAllowed, .addressRefused, .badDocument:
            AuthorizationPageError(.clientMetadataUnacceptable(reason))
        case .unreachable, .badAnswer: AuthorizationPageError(.clientMetadataUnavailable(reason))
        case .throttled: AuthorizationPageError(.clientMetadataThrottled)
        }
    }
}
