import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 9728 §3: the metadata of the protected resources, served to a proxy that routes their well-known addresses here.
///
/// The document of `https://host/a/b` is at `https://host/.well-known/oauth-protected-resource/a/b`. Paths of several
/// hosts meet here: the request's Host decides, or `X-Gatehouse-Resource` where a proxy replaces Host. Only configured
/// resources are ever named.
struct ProtectedResourceEndpoint: Endpoint {
    private let issuer: Issuer
    private let documents: [String: [Document]]
    /// The fleets, by the paths of their members' documents.
    private let fleets: [String: [ProtectedResource]]

    /// The path before the resource's own.
    static let path = "/.well-known/oauth-protected-resource"

    private struct Document: Sendable {
        let resource: ProtectedResource
        /// The spelling that the address is made of.
        let identifier: String
        let host: String
    }

    init(issuer: Issuer, resources: [ProtectedResource]) {
        self.issuer = issuer
        var documents: [String: [Document]] = [:]
        var fleets: [String: [ProtectedResource]] = [:]
        for resource in resources where resource.pattern != nil {
            guard let path = URIReference(resource.uri.replacing("*", with: "x"))?.path else { continue }
            for path in Self.paths(of: path) { fleets[path, default: []].append(resource) }
        }
        for resource in resources where resource.pattern == nil {
            for identifier in resource.publishedIdentifiers {
                guard let uri = URIReference(identifier), uri.query == nil, let host = uri.authority else { continue }
                let document = Document(resource: resource, identifier: identifier, host: host)
                for path in Self.paths(of: uri.path) { documents[path, default: []].append(document) }
            }
        }
        self.documents = documents
        self.fleets = fleets
    }

    // RFC 9728 §3.1: the well-known part goes before the path; some clients append it.
    private static func paths(of path: String) -> [String] {
        let own = path == "/" ? "" : path
        return own.isEmpty
            ? [Self.path] : [Self.path + own, (own.hasSuffix("/") ? String(own.dropLast()) : own) + Self.path]
    }

    /// RFC 9728 §3.1: the address of a resource's document: the well-known path goes between host and path.
    static func url(of resource: String) -> String {
        guard let uri = URIReference(resource), let host = uri.host else { return resource }
        let origin = uri.scheme + "://" + host + (uri.port.map { ":\($0)" } ?? "")
        let path = uri.path == "/" ? "" : uri.path
        return origin + self.path + path + (uri.query.map { "?" + $0 } ?? "")
    }

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard let document = document(for: request) else { return Self.unknown }
        return Response(Self.head, body: json(document).serialized())
    }

    private func document(for request: Request) -> Document? {
        let candidates = documents[request.path] ?? []
        let named = request.values(of: .xGatehouseResource)
        if !named.isEmpty {
            // A proxy names the resource once; anything else is ambiguous.
            guard named.count == 1 else { return nil }
            return candidates.first { $0.identifier.hasSameBytes(as: named[0]) } ?? member(named[0], request.path)
        }
        let host = request[.host]?.lowercased()
        if let own = candidates.first(where: { $0.host == host }) { return own }
        if let host, let own = member(at: host, request.path) { return own }
        // RFC 9728 §3.3: clients compare `resource` with the address that they asked for, so that a document of another
        // host misleads none. The only one is served, because proxies often replace Host.
        if candidates.count == 1 { return candidates[0] }
        return request.path == Self.path ? only(at: host) : nil
    }

    private func member(_ identifier: String, _ path: String) -> Document? {
        guard let fleet = fleets[path]?.first(where: { $0.pattern?.matches(identifier) == true }) else { return nil }
        return Document(resource: fleet, identifier: identifier, host: "")
    }

    // A member is only what the request's Host names: no other name is known of it.
    private func member(at host: String, _ path: String) -> Document? {
        for fleet in fleets[path] ?? [] {
            guard let uri = URIReference(fleet.uri.replacing("*", with: "x")) else { continue }
            let identifier = "https://" + host + uri.path + (uri.query.map { "?" + $0 } ?? "")
            if fleet.pattern?.matches(identifier) == true {
                return Document(resource: fleet, identifier: identifier, host: host)
            }
        }
        return nil
    }

    // Clients that find nothing below the path ask at the root of the host; proxies may have replaced Host.
    private func only(at host: String?) -> Document? {
        let all = documents.values.joined()
        let own = Set(all.filter { $0.host == host }.map(\.resource))
        let resources = own.isEmpty ? Set(all.map(\.resource)) : own
        guard resources.count == 1, let resource = resources.first else { return nil }
        return Document(resource: resource, identifier: resource.uri, host: host ?? "")
    }

    private func json(_ document: Document) -> JSONObject {
        let resource = document.resource
        var json: JSONObject = [
            "resource": .string(document.identifier), "authorization_servers": .strings([issuer.text]),
            "bearer_methods_supported": ["header"],
        ]
        if !resource.scopes.isEmpty { json["scopes_supported"] = .strings(resource.scopes.tokens) }
        if let name = resource.name { json["resource_name"] = .string(name) }
        return json
    }

    private static let head = PreparedHead(
        status: .ok,
        headerFields: {
            var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "public, max-age=3600"]
            fields.append(contentsOf: CrossOrigin.headerFields)
            // A cache must not give others what a stranger's header chose.
            fields.append(HTTPField(name: .vary, value: "X-Gatehouse-Resource"))
            return fields
        }()
    )

    private static let unknown = CrossOrigin.allow(
        Response(
            status: .notFound,
            headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
            body: Array(#"{"error":"not_found"}"#.utf8)
        )
    )
}

extension ProtectedResourceEndpoint {
    var surfaces: [Surface] {
        guard !documents.isEmpty || !fleets.isEmpty else { return [] }
        let below = Set(documents.keys).union(fleets.keys).filter { $0 != Self.path }.sorted()
        return ([Self.path] + below).map { path in
            Surface(
                .get,
                path,
                base: .host,
                name: "protected_resource_metadata",
                origins: .all,
                path == Self.path ? Self.operation : nil
            )
        }
    }

    private static let operation = OpenAPIOperation(
        id: "getProtectedResourceMetadata",
        summary: "The metadata of a protected resource, by Host; a resource's path follows this one (RFC 9728).",
        responses: [
            (200, .json("The resource's metadata", .protectedResource)),
            (404, .empty("No resource of this host is configured")),
        ]
    )
}

extension OpenAPISchema {
    fileprivate static let protectedResource = OpenAPISchema(
        "ProtectedResourceMetadata",
        required: ["resource", "authorization_servers"],
        [
            "resource": ["type": "string"], "authorization_servers": texts, "scopes_supported": texts,
            "bearer_methods_supported": texts, "resource_name": ["type": "string"],
        ]
    )
}

extension URIReference {
    /// Host, in lower case, and port, as the Host field has them (RFC 9110 §7.2).
    fileprivate var authority: String? {
        host.map { $0.lowercased() + (port.map { ":\($0)" } ?? "") }
    }
}
