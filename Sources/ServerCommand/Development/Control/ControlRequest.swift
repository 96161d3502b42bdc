import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// The parameters of a request to the control plane, each of the declared type; an unknown one is refused, because a
/// misspelt parameter would make a test pass that tests nothing.
struct ControlRequest: Sendable {
    /// The `{name}` segment of the path.
    let pathParameter: String?
    private let values: JSONObject

    init(_ request: Request, members: [ControlVerb.Member]) throws(ControlRefusal) {
        pathParameter = request.pathParameter
        values = request.method == .post ? try Self.body(request) : try Self.query(request, members)
        for name in values.names where !members.contains(where: { $0.name == name }) {
            let known = members.map(\.name).joined(separator: ", ")
            throw .invalid("\(name) is unknown; this verb has \(known.isEmpty ? "no parameters" : known)")
        }
        for member in members {
            guard let value = values[member.name] else { continue }
            guard Self.fits(value, member.type) else { throw .invalid("\(member.name) must be of type \(member.type)") }
            if !member.choices.isEmpty, let text = value.stringValue, !member.choices.contains(text) {
                throw .invalid("\(member.name) must be one of \(member.choices.joined(separator: ", "))")
            }
        }
    }

    private static func body(_ request: Request) throws(ControlRefusal) -> JSONObject {
        guard !request.body.isEmpty else { return [:] }
        do {
            return try JSONParser.parseObject(request.body)
        } catch {
            throw .invalid("the body must be a JSON object")
        }
    }

    private static func query(
        _ request: Request,
        _ members: [ControlVerb.Member]
    ) throws(ControlRefusal) -> JSONObject {
        guard let query = request.query else { return [:] }
        var values: JSONObject = [:]
        do {
            let form = try FormParameters(query: query)
            for name in form.names {
                guard let text = try form.single(name) else { continue }
                let isNumber = members.contains { $0.name == name && $0.type == "integer" }
                values[name] = isNumber ? Int(text).map(JSONValue.integer) ?? .string(text) : .string(text)
            }
        } catch {
            throw .invalid("the query is malformed or repeats a parameter")
        }
        return values
    }

    private static func fits(_ value: JSONValue, _ type: String) -> Bool {
        switch type {
        case "integer": value.integerValue != nil
        case "boolean": value.boolValue != nil
        case "array": value.stringArrayValue != nil
        case "object": value.objectValue != nil
        default: value.stringValue != nil
        }
    }

    func text(_ name: String) -> String? { values[name]?.stringValue }
    func flag(_ name: String) -> Bool? { values[name]?.boolValue }
    func texts(_ name: String) -> [String]? { values[name]?.stringArrayValue }
    func object(_ name: String) -> JSONObject? { values[name]?.objectValue }

    /// A number within bounds.
    func number(_ name: String, _ bounds: ClosedRange<Int>) throws(ControlRefusal) -> Int? {
        guard let number = values[name]?.integerValue else { return nil }
        guard bounds.contains(number) else {
            throw .invalid("\(name) must be from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// A text that must be there.
    func required(_ name: String) throws(ControlRefusal) -> String {
        guard let text = text(name), !text.isEmpty else { throw .invalid("\(name) is required") }
        return text
    }
}

extension ControlGround {
    /// The provider of a name; without a name the only or first one.
    func provider(
        _ name: String?
    ) throws(ControlRefusal) -> (upstream: DevelopmentUpstream, provider: DevelopmentIdentityProvider) {
        guard let found = upstreams.first(where: { name == nil || $0.upstream.name == name }) else {
            let known = upstreams.map(\.upstream.name).joined(separator: ", ")
            throw .unknown("there is no upstream \(name ?? ""); there is \(known)")
        }
        return found
    }
}
