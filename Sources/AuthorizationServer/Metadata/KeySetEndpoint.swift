import HTTPTypes
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
package import SocketHTTP
import Synchronization

/// RFC 7517 §5: the published keys, prepared once for each set of keys (MD-9).
package final class KeySetEndpoint: Endpoint {
    private struct Prepared {
        let document: [UInt8]
        let entityTag: String
        let response: Response
    }

    private let keys: SigningKeyPublication
    private let prepared: Mutex<Prepared>

    /// For how long a verifier may keep the document; a key is published at least so long before it signs.
    package static let maximumAge: Duration = .seconds(3600)

    /// The endpoint of the published keys.
    package init(keys: SigningKeyPublication) {
        self.keys = keys
        prepared = Mutex(Self.prepare(keys.current.document))
    }

    /// The document, or 304 for a verifier that has it.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        let prepared = current()
        // RFC 9110 §13.1.2.
        if request[.ifNoneMatch] == prepared.entityTag {
            return CrossOrigin.allow(Response(status: .notModified, headerFields: [.eTag: prepared.entityTag]))
        }
        return prepared.response
    }

    private func current() -> Prepared {
        let document = keys.current.document
        return prepared.withLock { prepared in
            if prepared.document != document {
                prepared = Self.prepare(document)
            }
            return prepared
        }
    }

    private static func prepare(_ document: [UInt8]) -> Prepared {
        let entityTag = "\"\(Base64URL.encode(Array(SHA256.hash(document).bytes.prefix(12))))\""
        var fields: HTTPFields = [
            .contentType: "application/jwk-set+json",
            .cacheControl: "public, max-age=\(maximumAge.wholeSeconds)",
            .eTag: entityTag,
        ]
        fields.append(contentsOf: CrossOrigin.headerFields)
        return Prepared(
            document: document,
            entityTag: entityTag,
            response: .prepared(headerFields: fields, body: document)
        )
    }
}
