import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// SSF 1.0 §7.1: where receivers find the endpoints of streams of security events (RFC 8417).
struct TransmitterMetadataEndpoint: Endpoint {
    private let response: Response
    private let path: String

    /// The metadata of an issuer whose key set is at a path.
    init(issuer: Issuer, keySetPath: String) {
        // §7.2: the well-known part goes between host and path.
        path = "/.well-known/ssf-configuration" + issuer.path
        let json: JSONObject = [
            "spec_version": "1_0", "issuer": .string(issuer.text),
            "jwks_uri": .string(issuer.text + keySetPath),
            "delivery_methods_supported": .strings(EventStreamForm.methods),
            "configuration_endpoint": .string(issuer.text + EventStreamEndpoint.path),
            "status_endpoint": .string(issuer.text + EventStreamStatusEndpoint.path),
            "verification_endpoint": .string(issuer.text + EventStreamVerificationEndpoint.path),
            // HTTP Basic, and a client assertion as a bearer token.
            "authorization_schemes": [["spec_urn": "urn:ietf:rfc:7617"], ["spec_urn": "urn:ietf:rfc:7523"]],
            "default_subjects": "ALL",
        ]
        response = .prepared(
            headerFields: [.contentType: "application/json", .cacheControl: "public, max-age=3600"],
            body: json.serialized()
        )
    }

    var surfaces: [Surface] {
        [
            Surface(
                .get,
                path,
                base: .host,
                name: "event_metadata",
                OpenAPIOperation(
                    id: "getTransmitterMetadata",
                    summary: "Where receivers of security events find everything (SSF 1.0).",
                    responses: [(200, .json("The metadata", .transmitter))]
                )
            )
        ]
    }

    func respond(to request: Request, context: RequestContext) async -> Response { response }
}

extension OpenAPISchema {
    fileprivate static let transmitter = OpenAPISchema(
        "TransmitterMetadata",
        required: ["issuer", "jwks_uri", "delivery_methods_supported", "configuration_endpoint"],
        [
            "spec_version": ["type": "string"], "issuer": ["type": "string"], "jwks_uri": ["type": "string"],
            "delivery_methods_supported": texts, "configuration_endpoint": ["type": "string"],
            "status_endpoint": ["type": "string"], "verification_endpoint": ["type": "string"],
            "authorization_schemes": ["type": "array"], "default_subjects": ["type": "string"],
        ]
    )
}
