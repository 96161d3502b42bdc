import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// Refuses what a web page makes the operator's browser send to the management listener.
///
/// A page can point its own name at this address (DNS rebinding) and then read the answers as its own; its requests
/// have that name in `Host`. Pages of other sites are recognized by `Origin` and Fetch Metadata. Programs such as
/// scrapers, probes and `curl` send an address or a configured name, and neither of the other two fields.
struct LocalRequests: Sendable {
    private let hosts: Set<String>

    /// Accepts IP addresses, `localhost` and these names.
    init(hosts: [String]) {
        self.hosts = Set(hosts).union(["localhost"])
    }

    /// The endpoint, for requests of programs and of the operator only.
    func guarding(_ endpoint: any Endpoint) -> any Endpoint {
        Guarded(requests: self, endpoint: endpoint)
    }

    /// The answer to a request that may come from a web page; `nil` for an acceptable one.
    private func refusal(of request: Request) -> Response? {
        guard accepts(host: request[.host]) else {
            return Self.refusal(
                .misdirectedRequest,
                "this Host is not accepted here: use an IP address, or add the name to management.hosts"
            )
        }
        let isOwn = [nil, "same-origin", "none"].contains(request[.secFetchSite])
        guard isOwn, request[.origin] == nil else {
            return Self.refusal(.forbidden, "requests of web pages are not accepted here")
        }
        return nil
    }

    /// The engine has checked the field's form; HTTP/1.0 may leave it out, which no browser does.
    private func accepts(host field: String?) -> Bool {
        guard let field else { return true }
        if field.hasPrefix("[") { return IPAddress(String(field.dropFirst().prefix { $0 != "]" })) != nil }
        var name = field.prefix { $0 != ":" }.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        return hosts.contains(name) || IPAddress(name) != nil
    }

    private static func refusal(_ status: HTTPResponse.Status, _ description: String) -> Response {
        let json: JSONObject = ["error": "invalid_request", "error_description": .string(description)]
        return .json(json.serialized(), status: status)
    }

    private struct Guarded: Endpoint {
        let requests: LocalRequests
        let endpoint: any Endpoint

        var surfaces: [Surface] { endpoint.surfaces }

        func respond(to request: Request, context: RequestContext) async -> Response {
            if let refusal = requests.refusal(of: request) { return refusal }
            return await endpoint.respond(to: request, context: context)
        }
    }
}
