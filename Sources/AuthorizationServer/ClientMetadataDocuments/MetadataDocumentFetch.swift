package import OAuthProtocol
package import OutboundHTTP
package import SocketHTTP

/// OAuth Client ID Metadata Document §5: fetches one document, within limits, from allowed addresses (CM-2).
package struct MetadataDocumentFetch: Sendable {
    /// A usable answer.
    package enum Answer: Sendable {
        /// A document.
        case document(ClientMetadataDocument, entityTag: String?, lifetime: Duration)
        /// RFC 9110 §15.4.5: the stored version is still current.
        case notModified(lifetime: Duration)
    }

    private let transport: any OutboundTransport
    private let policy: ClientMetadataDocument.Policy
    private let addressPolicy: AddressPolicy
    private let byteCountMax: Int
    private let limits: DocumentFetchLimits

    /// Fetches for an issuer; only an issuer on loopback gets documents from loopback.
    package init(
        transport: any OutboundTransport,
        policy: ClientMetadataDocument.Policy,
        allowsLoopback: Bool,
        byteCountMax: Int,
        limits: DocumentFetchLimits = DocumentFetchLimits()
    ) {
        self.transport = transport
        self.limits = limits
        self.policy = policy
        addressPolicy = allowsLoopback ? .loopbackAllowed : .publicOnly
        self.byteCountMax = byteCountMax
    }

    /// Fetches the document at `url`.
    ///
    /// - Parameters:
    ///   - url: The client's id.
    ///   - entityTag: The `ETag` of the stored version, if any.
    ///   - source: Who caused the fetch; `nil` for the server itself.
    ///   - now: The current time.
    /// - Returns: The document, or that the stored version is current.
    /// - Throws: ``MetadataDocumentFailure``.
    package func document(
        at url: ClientIDURL,
        entityTag: String?,
        source: IPAddress?,
        now: Timestamp
    ) async throws(MetadataDocumentFailure) -> Answer {
        let response = try await send(url, entityTag, source)
        let lifetime = CacheLifetime.lifetime(of: response, now: now)
        if response.status == 304, entityTag != nil {
            return .notModified(lifetime: lifetime)
        }
        // D-84: a redirect is a wrong answer like any other; its target is never looked at.
        guard response.status == 200 else {
            throw MetadataDocumentFailure(.badAnswer, "the host answered with status \(response.status) instead of 200")
        }
        try checkType(response)
        do {
            let document = try ClientMetadataDocument(response.body, at: url, policy: policy, now: now)
            return .document(document, entityTag: Self.entityTag(response), lifetime: lifetime)
        } catch {
            throw MetadataDocumentFailure(.badDocument, error.reason)
        }
    }

    private func send(
        _ url: ClientIDURL,
        _ entityTag: String?,
        _ source: IPAddress?
    ) async throws(MetadataDocumentFailure) -> OutboundResponse {
        var fields = [(name: "Accept", value: "application/json")]
        if let entityTag {
            fields.append(("If-None-Match", entityTag))
        }
        do {
            return try await transport.send(
                OutboundRequest(
                    url: url.text,
                    headerFields: fields,
                    limits: .init(
                        connectTimeout: .seconds(5),
                        totalTimeout: .seconds(10),
                        responseBytesMax: byteCountMax,
                        headerBytesMax: 16 << 10,
                        requestsPerHostMax: limits.simultaneousPerHost(isLoopback: url.isLoopback)
                    ),
                    addressPolicy: addressPolicy,
                    maximumRedirects: 0,
                    source: source?.site.description
                )
            )
        } catch {
            throw Self.failure(error, url)
        }
    }

    // The class is reported, the particulars are not: a page that shows which ports answer would be a scanner (CM-6).
    private static func failure(_ error: OutboundError, _ url: ClientIDURL) -> MetadataDocumentFailure {
        switch error.code {
        case .addressRefused, .invalidURL:
            if case .name = HostSpelling.classify(url.host) {
                .concealed(.addressRefused, "the name has an address that this server must not connect to")
            } else {
                MetadataDocumentFailure(.addressRefused, "this server must not connect to the host of client_id")
            }
        case .tooLarge: MetadataDocumentFailure(.badAnswer, "the document is too large")
        case .timeout: MetadataDocumentFailure(.unreachable, "the host did not answer in time")
        case .overloaded: MetadataDocumentFailure(.throttled, "too many documents are being fetched")
        case .protocolError: MetadataDocumentFailure(.badAnswer, "the host's answer is not valid HTTP")
        case .resolveFailed, .connectFailed, .connectionLost, .tls, .invalidRequest, .invalidConfiguration, .cancelled:
            MetadataDocumentFailure(.unreachable, MetadataDocumentFailure.unreachableHost)
        }
    }

    private func checkType(_ response: OutboundResponse) throws(MetadataDocumentFailure) {
        let types = response.values(of: "content-type").map(FormBody.mediaType)
        guard types.count == 1, let type = types.first,
            type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
        else { throw MetadataDocumentFailure(.badAnswer, "the document is not served as application/json") }
        // No compression was requested, and nothing is decompressed (D-85).
        guard response.values(of: "content-encoding").allSatisfy({ $0.lowercased() == "identity" }) else {
            throw MetadataDocumentFailure(.badAnswer, "the document is served with a content coding")
        }
    }

    // It becomes part of a header of ours.
    private static func entityTag(_ response: OutboundResponse) -> String? {
        let tags = response.values(of: "etag")
        guard tags.count == 1, let tag = tags.first, tag.utf8.count <= 256,
            tag.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return tag
    }
}
