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

    /// How long a verifier may cache the document; a key is published at least this long before it signs.
    package static let maximumAge = ServerKeys.publicationAge

    /// The endpoint of the published keys.
    package init(keys: SigningKeyPublication) {
        self.keys = keys
        prepared = Mutex(Self.prepare(keys.current.document))
    }

    /// The document, or 304 for a verifier that has it.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        let prepared = current()
        guard Self.hasCopy(request, entityTag: prepared.entityTag) else { return prepared.response }
        // RFC 9110 §15.4.5: the fields that renew the verifier's copy.
        return CrossOrigin.allow(
            Response(
                status: .notModified,
                headerFields: [.eTag: prepared.entityTag, .cacheControl: Self.cacheControl]
            )
        )
    }

    // RFC 9110 §13.1.2: a list of tags, compared weakly, or `*`.
    private static func hasCopy(_ request: Request, entityTag: String) -> Bool {
        request.values(of: .ifNoneMatch).flatMap { $0.split(separator: ",") }.contains { element in
            let tag = element.split(separator: " ").first ?? ""
            return tag == "*" || tag == entityTag || tag == "W/" + entityTag
        }
    }

    private static let cacheControl = "public, max-age=\(maximumAge.wholeSeconds)"

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
            .cacheControl: cacheControl,
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

extension KeySetEndpoint {
    /// The path, relative to the issuer.
    package static let path = "/.well-known/jwks.json"

    var surfaces: [Surface] {
        [
            Surface(
                .get,
                Self.path,
                name: "jwks",
                origins: .all,
                advertisement: .init(member: "jwks_uri"),
                OpenAPIOperation(
                    id: "getKeySet",
                    summary: "The public keys of tokens (RFC 7517).",
                    responses: [
                        (200, .json("The keys", .keySet, mediaType: "application/jwk-set+json")),
                        (304, .empty("The caller's copy is current")),
                    ]
                )
            )
        ]
    }
}

extension OpenAPISchema {
    fileprivate static let keySet = OpenAPISchema(
        "KeySet",
        required: ["keys"],
        ["keys": ["type": "array", "items": ["type": "object"]]]
    )
}
