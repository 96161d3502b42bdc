import OAuthProtocol

/// OpenAPI 3.1 §4.8.10: one method of one path: its input, and every answer that it can give.
struct OpenAPIOperation: Sendable {
    /// The operation's id.
    let id: String
    /// One sentence.
    let summary: String
    /// What the sentence leaves out, as CommonMark.
    var details: String?
    /// The parameters of path and query.
    var parameters: [OpenAPIParameter] = []
    /// The body.
    var body: OpenAPIBody?
    /// Whether a client may authenticate with HTTP Basic, or a bearer token is required.
    var security: [String] = []
    /// The answers by status, besides those that the HTTP engine gives to unacceptable requests.
    var responses: [(status: Int, response: OpenAPIResponse)]

    /// The schemas that the answers refer to.
    var schemas: [OpenAPISchema] { allResponses.flatMap(\.response.schemas) }

    /// The Operation Object.
    var json: JSONObject {
        var json: JSONObject = ["operationId": .string(id), "summary": .string(summary)]
        if let details {
            json["description"] = .string(details)
        }
        if !parameters.isEmpty {
            json["parameters"] = .array(parameters.map { .object($0.json) })
        }
        if let body {
            json["requestBody"] = .object(body.json)
        }
        if !security.isEmpty {
            // An empty requirement, because public clients name themselves in the form.
            json["security"] = .array(security.map { .object([$0: []]) } + [[:]])
        }
        json["responses"] = .object(
            JSONObject(allResponses.map { (String($0.status), JSONValue.object($0.response.json)) })
        )
        return json
    }

    // RFC 9110 §15.5: the engine refuses requests before they reach an endpoint, always in JSON.
    private var allResponses: [(status: Int, response: OpenAPIResponse)] {
        let engine = [400, 408, 413, 414, 415, 417, 431, 503].map { ($0, OpenAPIResponse.refusal) }
        var merged = responses
        for (status, response) in engine {
            if let index = merged.firstIndex(where: { $0.status == status }) {
                merged[index].response = merged[index].response.merging(response)
            } else {
                merged.append((status, response))
            }
        }
        return merged.sorted { $0.status < $1.status }
    }
}

/// OpenAPI 3.1 §4.8.12: a parameter of the path or the query.
struct OpenAPIParameter: Sendable {
    /// The name.
    let name: String
    /// `path`, `query` or `header`.
    var place = "query"
    /// Whether it is required.
    var isRequired = false
    /// The pattern of a path segment.
    var pattern: String?

    /// RFC 9449 §4: the proof that the sender holds the key of its tokens.
    static let proof = OpenAPIParameter(name: "DPoP", place: "header")

    var json: JSONObject {
        var schema: JSONObject = ["type": "string"]
        if let pattern {
            schema["pattern"] = .string(pattern)
        }
        return [
            "name": .string(name), "in": .string(place), "required": .bool(isRequired), "schema": .object(schema),
        ]
    }
}

/// OpenAPI 3.1 §4.8.13: the body of a request, a form or JSON.
struct OpenAPIBody: Sendable {
    /// The media type.
    let mediaType: String
    /// The JSON Schema.
    let schema: JSONObject

    /// A form of texts.
    static func form(required: [String], optional: [String]) -> OpenAPIBody {
        OpenAPIBody(
            mediaType: "application/x-www-form-urlencoded",
            schema: [
                "type": "object",
                "properties": .object(JSONObject((required + optional).map { ($0, ["type": "string"]) })),
                "required": .strings(required),
            ]
        )
    }

    var json: JSONObject {
        ["required": true, "content": .object([mediaType: ["schema": .object(schema)]])]
    }
}

/// OpenAPI 3.1 §4.8.17: an answer, with a schema for each media type that it may have.
struct OpenAPIResponse: Sendable {
    /// The meaning of the answer.
    let description: String
    /// The schemas by media type; none for an empty answer.
    var content: [(mediaType: String, schema: JSONValue)] = []
    /// The components that the schemas refer to.
    var schemas: [OpenAPISchema] = []

    /// An answer in JSON with a schema of the components.
    static func json(
        _ description: String,
        _ schema: OpenAPISchema,
        mediaType: String = "application/json"
    ) -> OpenAPIResponse {
        OpenAPIResponse(
            description: description,
            content: [(mediaType, ["$ref": .string("#/components/schemas/\(schema.name)")])],
            schemas: [schema]
        )
    }

    /// RFC 6749 §5.2: an error in JSON.
    static func error(_ description: String) -> OpenAPIResponse {
        json(description, .error)
    }

    /// A page for a person.
    static func page(_ description: String) -> OpenAPIResponse {
        OpenAPIResponse(description: description, content: [("text/html", ["type": "string"])])
    }

    /// An answer without a body.
    static func empty(_ description: String) -> OpenAPIResponse {
        OpenAPIResponse(description: description)
    }

    /// The HTTP engine's answer to an unacceptable request.
    static let refusal = error("The request is not acceptable HTTP, or the server is at its limit")

    /// This answer, or one of another media type under the same status.
    func merging(_ other: OpenAPIResponse) -> OpenAPIResponse {
        let known = Set(content.map(\.mediaType))
        return OpenAPIResponse(
            description: description,
            content: content + other.content.filter { !known.contains($0.mediaType) },
            schemas: schemas + other.schemas
        )
    }

    var json: JSONObject {
        var json: JSONObject = ["description": .string(description)]
        if !content.isEmpty {
            json["content"] = .object(JSONObject(content.map { ($0.mediaType, ["schema": $0.schema]) }))
        }
        return json
    }
}
