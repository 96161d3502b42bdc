import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// One verb of the administrator: its route and its description come from here.
struct AdministrationVerb: Endpoint {
    let method: HTTPRequest.Method
    let path: String
    /// One sentence.
    let summary: String
    /// The parameters of the query, or of the form of a POST.
    var parameters: [String] = []
    /// The media type of a successful answer.
    var mediaType = "application/json"
    let endpoint: any RequestHandler

    var surfaces: [Surface] { [Surface(method, path, base: .host, name: "admin")] }

    func respond(to request: Request, context: RequestContext) async -> Response {
        await endpoint.respond(to: request, context: context)
    }
}

/// OpenAPI 3.1: the administrator's verbs, as `GET /admin/openapi.json` describes them.
enum AdministrationDocument {
    /// The path of the document.
    static let path = "/admin/openapi.json"

    /// The document of some verbs.
    static func json(_ verbs: [AdministrationVerb]) -> JSONObject {
        var paths: [String: [(String, JSONValue)]] = [:]
        for verb in verbs {
            paths[verb.path, default: []].append((verb.method.rawValue.lowercased(), .object(operation(verb))))
        }
        let items = paths.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.object(JSONObject($0.value))) }
        return [
            "openapi": "3.1.0",
            "info": ["title": "Gatehouse administration", "version": "1"],
            "paths": .object(JSONObject(items)),
            "components": ["securitySchemes": ["adminToken": .object(scheme)]],
            "security": [["adminToken": []]],
        ]
    }

    private static let scheme: JSONObject = [
        "type": "http", "scheme": "bearer",
        "description": "Root and the server's own user need none on the Unix socket of management.socket.",
    ]

    private static func operation(_ verb: AdministrationVerb) -> JSONObject {
        let words = verb.path.split { !$0.isLetter }.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
        var operation: JSONObject = [
            "operationId": .string(verb.method.rawValue.lowercased() + words.joined()),
            "summary": .string(verb.summary),
        ]
        var parameters: [JSONValue] = []
        if let name = verb.path.split(separator: "{").dropFirst().first?.prefix(while: { $0 != "}" }) {
            parameters.append(parameter(String(name), in: "path"))
        }
        if verb.method == .post {
            let names = verb.parameters.map { ($0, JSONValue.object(["type": "string"])) }
            if !names.isEmpty {
                let schema: JSONObject = ["type": "object", "properties": .object(JSONObject(names))]
                operation["requestBody"] = [
                    "content": ["application/x-www-form-urlencoded": ["schema": .object(schema)]]
                ]
            }
        } else {
            parameters += verb.parameters.map { parameter($0, in: "query") }
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        operation["responses"] = [
            "200": ["description": "Done", "content": .object([verb.mediaType: ["schema": [:]]])],
            "400": ["description": "A parameter is wrong"], "401": ["description": "The token is missing or wrong"],
            "403": ["description": "A web page sent the request"], "404": ["description": "Nothing has this id"],
            "421": ["description": "The Host is not accepted"], "503": ["description": "Changes are not possible now"],
        ]
        return operation
    }

    private static func parameter(_ name: String, in place: String) -> JSONValue {
        [
            "name": .string(name), "in": .string(place), "required": .bool(place == "path"),
            "schema": ["type": "string"],
        ]
    }
}

/// `GET /admin/openapi.json`.
struct AdministrationDocumentEndpoint: Endpoint {
    private let body: PreparedOnce<[UInt8]>

    init(_ verbs: [AdministrationVerb]) {
        body = PreparedOnce { AdministrationDocument.json(verbs).serialized() }
    }

    var surfaces: [Surface] { [Surface(.get, AdministrationDocument.path, base: .host, name: "admin")] }

    func respond(to request: Request, context: RequestContext) async -> Response {
        .json(body.value)
    }
}

/// `GET /admin/status`: the sizes of the tables, and whether changes are possible.
struct StatusEndpoint: RequestHandler {
    let upkeep: any StoreUpkeep
    let readiness: Readiness
    let issuer: Issuer

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let counts = try await OAuthError.attempt(await upkeep.counts())
            let json: JSONObject = [
                "issuer": .string(issuer.text), "state": .string("\(readiness.current)"),
                "takes_changes": .bool(upkeep.isAvailable), "users": .integer(counts.users),
                "sessions": .integer(counts.sessions), "connections": .integer(counts.connections),
                "clients": .integer(counts.clients), "logins_in_progress": .integer(counts.pendingAuthorizations),
            ]
            return .json(json.serialized())
        } catch {
            return .error(error)
        }
    }
}
