import HTTPTypes
import OAuthProtocol

/// OpenAPI 3.1: the server's public surface, derived from what its endpoints declare.
///
/// What is not served is not in it, and every answer that an endpoint can give is.
struct OpenAPIDocument: Sendable {
    private let issuer: Issuer
    private let surfaces: [Surface]

    /// The document of a server with these surfaces.
    init(issuer: Issuer, surfaces: [Surface]) {
        self.issuer = issuer
        self.surfaces = surfaces
    }

    /// The document.
    var json: JSONObject {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Gatehouse", "version": "1",
                "description": .string(Self.description),
            ],
            "servers": [["url": .string(issuer.origin)]],
            "paths": .object(paths),
            "components": ["schemas": .object(schemas), "securitySchemes": .object(Self.securitySchemes)],
        ]
    }

    private static let description = """
        An OAuth 2.1 authorization server for MCP. Browsers use authorize, consent and callback; clients and \
        resource servers use the other endpoints.
        """

    /// Two surfaces may share a path, each with methods of its own.
    private var paths: JSONObject {
        var paths: JSONObject = [:]
        for surface in surfaces {
            let path = surface.fullPath(issuerPath: issuer.path)
            for method in surface.methods {
                guard let operation = method.operation else { continue }
                var item = paths[path]?.objectValue ?? [:]
                item[method.method.rawValue.lowercased()] = .object(operation.json)
                paths[path] = .object(item)
            }
        }
        return paths
    }

    private var schemas: JSONObject {
        var schemas: JSONObject = [:]
        let operations = surfaces.flatMap { $0.methods.compactMap(\.operation) }
        for schema in operations.flatMap(\.schemas) { schemas[schema.name] = schema.schema }
        return schemas
    }

    private static let securitySchemes: JSONObject = [
        "clientBasic": ["type": "http", "scheme": "basic"],
        "accessToken": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
        "registrationToken": ["type": "http", "scheme": "bearer"],
    ]
}
