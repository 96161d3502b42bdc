import HTTPTypes
import OAuthProtocol

/// One verb of the control plane: its route, its description and its parameters come from here.
struct ControlVerb: Sendable {
    /// A parameter, of the query for GET and DELETE, of the JSON body for POST.
    struct Member: Sendable {
        let name: String
        /// JSON Schema's type.
        let type: String
        let summary: String
        var choices: [String] = []
    }

    let method: HTTPRequest.Method
    let path: String
    /// One sentence.
    let summary: String
    var members: [Member] = []
    let perform: @Sendable (ControlRequest) async throws(ControlRefusal) -> JSONObject

    /// Every verb.
    static func all(_ ground: ControlGround) -> [ControlVerb] {
        let verbs =
            sessions(ground) + tokens(ground) + clock(ground) + users(ground) + clients(ground) + resources(ground)
            + upstreams(ground) + faults(ground) + holds(ground) + requests(ground) + endings(ground) + servers(ground)
        let document = ControlDocument.json(verbs)
        let description = ControlVerb(
            method: .get,
            path: ControlDocument.path,
            summary: "This description, as OpenAPI 3.1."
        ) { (_) async throws(ControlRefusal) in document }
        return verbs + [description]
    }
}

/// OpenAPI 3.1 of the control plane.
enum ControlDocument {
    static let path = ControlPlane.path + "/openapi.json"

    static func json(_ verbs: [ControlVerb]) -> JSONObject {
        var paths: JSONObject = [:]
        for verb in verbs {
            var item = paths[verb.path]?.objectValue ?? [:]
            item[verb.method.rawValue.lowercased()] = .object(operation(verb))
            paths[verb.path] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": "Control plane of gatehouse dev", "version": "1"],
            "paths": .object(paths),
            "components": ["securitySchemes": ["controlToken": ["type": "http", "scheme": "bearer"]]],
            "security": [["controlToken": []]],
        ]
    }

    private static func operation(_ verb: ControlVerb) -> JSONObject {
        let words = verb.path.split { !$0.isLetter }.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
        var operation: JSONObject = [
            "operationId": .string(verb.method.rawValue.lowercased() + words.joined()),
            "summary": .string(verb.summary),
        ]
        var parameters: [JSONValue] = []
        if let name = verb.path.split(separator: "{").dropFirst().first?.prefix(while: { $0 != "}" }) {
            parameters.append([
                "name": .string(String(name)), "in": "path", "required": true, "schema": ["type": "string"],
            ])
        }
        let members = verb.members.map { ($0.name, JSONValue.object(schema($0))) }
        if verb.method == .post {
            if !members.isEmpty {
                let schema: JSONObject = [
                    "type": "object", "properties": .object(JSONObject(members)), "additionalProperties": false,
                ]
                operation["requestBody"] = ["content": ["application/json": ["schema": .object(schema)]]]
            }
        } else {
            parameters += members.map { ["name": .string($0.0), "in": "query", "schema": $0.1] }
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        operation["responses"] = [
            "200": ["description": "Done", "content": ["application/json": ["schema": ["type": "object"]]]],
            "400": ["description": "A parameter is wrong"], "401": ["description": "The token is missing or wrong"],
            "403": ["description": "A web page sent the request"], "404": ["description": "Nothing has this name"],
            "408": ["description": "What was waited for did not come"], "409": ["description": "There are too many"],
            "421": ["description": "The Host is not accepted"],
        ]
        return operation
    }

    private static func schema(_ member: ControlVerb.Member) -> JSONObject {
        var schema: JSONObject = ["type": .string(member.type), "description": .string(member.summary)]
        if member.type == "array" { schema["items"] = ["type": "string"] }
        if !member.choices.isEmpty { schema["enum"] = .strings(member.choices) }
        return schema
    }
}
