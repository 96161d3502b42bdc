import Foundations
package import HTTPTypes

/// Finds the responder for a request by exact path and method.
///
/// Paths are compared byte by byte as they were sent: `//token`, `/token/`, `/TOKEN` and `/%74oken` are different,
/// unknown paths. Nothing is decoded, normalized or redirected, so there is no second spelling about which a proxy's
/// rules or a cache could disagree.
package struct Router: RequestResponder {
    /// What answers the requests of one route.
    package typealias Respond = @Sendable (Request) async -> Response

    private struct Route: Sendable {
        var methods: [(method: HTTPRequest.Method, respond: Respond)] = []
    }

    private var exact: [String: Route] = [:]
    /// Routes that end in a `{name}` segment, by the path before it.
    private var prefixes: [String: Route] = [:]
    /// Routes whose path continues after the `{name}` segment.
    private var patterns: [(prefix: String, suffix: String, route: Route)] = []
    /// Routes that end in `/*`, with the path before the star; the longest, which is the most specific, first.
    private var subtrees: [(prefix: String, route: Route)] = []

    /// Makes a router without routes.
    package init() {}

    /// Adds a route; a `{name}` segment in its path matches any one segment, available as `Request.pathParameter`.
    ///
    /// A path that ends in `/*` matches everything below it: an endpoint there appends a foreign path to its own. Of
    /// several that match, the longest wins.
    package mutating func on(_ method: HTTPRequest.Method, _ path: String, _ respond: @escaping Respond) {
        precondition(path.utf8.first == UInt8.slash, "a route's path begins with a slash")
        if path.hasSuffix("/*") {
            addSubtree(method, String(path.dropLast()), respond)
        } else if path.utf8.last == 0x7d, let brace = path.utf8.lastIndex(of: 0x7b) {
            add(method, respond, to: &prefixes[String(path[..<brace]), default: Route()])
        } else if let open = path.utf8.firstIndex(of: 0x7b), let close = path.utf8.firstIndex(of: 0x7d), open < close {
            addPattern(method, String(path[..<open]), String(path[path.utf8.index(after: close)...]), respond)
        } else {
            add(method, respond, to: &exact[path, default: Route()])
        }
    }

    private mutating func addSubtree(_ method: HTTPRequest.Method, _ prefix: String, _ respond: @escaping Respond) {
        if let index = subtrees.firstIndex(where: { $0.prefix == prefix }) {
            add(method, respond, to: &subtrees[index].route)
        } else {
            var route = Route()
            add(method, respond, to: &route)
            let index = subtrees.firstIndex { $0.prefix.utf8.count < prefix.utf8.count }
            subtrees.insert((prefix, route), at: index ?? subtrees.endIndex)
        }
    }

    private mutating func addPattern(
        _ method: HTTPRequest.Method,
        _ prefix: String,
        _ suffix: String,
        _ respond: @escaping Respond
    ) {
        if let index = patterns.firstIndex(where: { $0.prefix == prefix && $0.suffix == suffix }) {
            add(method, respond, to: &patterns[index].route)
        } else {
            var route = Route()
            add(method, respond, to: &route)
            patterns.append((prefix, suffix, route))
        }
    }

    private func add(_ method: HTTPRequest.Method, _ respond: @escaping Respond, to route: inout Route) {
        precondition(!route.methods.contains { $0.method == method }, "a route is registered twice")
        route.methods.append((method, respond))
    }

    /// Answers with the route's responder, 404 for an unknown path, or 405 for a method that the path does not have.
    package func respond(to request: Request) async -> Response {
        if let route = exact[request.path] {
            return await respond(to: request, on: route)
        }
        if let (route, parameter) = routeWithParameter(request.path) {
            var request = request
            request.pathParameter = parameter
            return await respond(to: request, on: route)
        }
        for (prefix, route) in subtrees where request.path.utf8.starts(with: prefix.utf8) {
            return await respond(to: request, on: route)
        }
        // RFC 9110 §9.3.7: `OPTIONS *` asks whether the server is available.
        if request.path == "*", request.method == .options { return Response(status: .noContent) }
        return Router.notFound
    }

    /// Whether some route has this path, with any method.
    package func hasRoute(_ path: String) -> Bool {
        exact[path] != nil || routeWithParameter(path) != nil
            || subtrees.contains { path.utf8.starts(with: $0.prefix.utf8) }
    }

    private func respond(to request: Request, on route: Route) async -> Response {
        for (method, respond) in route.methods where method == request.method { return await respond(request) }
        // RFC 9110 §9.3.2: HEAD is GET without the body, which the engine omits.
        if request.method == .head {
            for (method, respond) in route.methods where method == .get { return await respond(request) }
        }
        // A preflight that no route answers ends here: no list of methods for scripts of other sites (OAuth 2.1 §3.1).
        if request.method == .options { return Router.notFound }
        return methodNotAllowed(route)
    }

    private func routeWithParameter(_ path: String) -> (Route, String)? {
        for (prefix, suffix, route) in patterns
        where path.utf8.starts(with: prefix.utf8) && path.utf8.count > prefix.utf8.count + suffix.utf8.count
            && path.utf8.reversed().starts(with: suffix.utf8.reversed())
        {
            let start = path.utf8.index(path.startIndex, offsetBy: prefix.utf8.count)
            let segment = path[start..<path.utf8.index(path.endIndex, offsetBy: -suffix.utf8.count)]
            if let parameter = Self.parameter(segment) { return (route, parameter) }
        }
        guard !prefixes.isEmpty, let slash = path.utf8.lastIndex(of: .slash) else { return nil }
        let start = path.utf8.index(after: slash)
        guard let route = prefixes[String(path[..<start])] else { return nil }
        return Self.parameter(path[start...]).map { (route, $0) }
    }

    private static func parameter(_ segment: Substring) -> String? {
        // Only characters that need no encoding: no second spelling, dot segments or parameters after a semicolon.
        guard !segment.isEmpty, segment.utf8.allSatisfy(\.isUnreserved), segment != ".", segment != ".." else {
            return nil
        }
        return String(segment)
    }

    private static let notFound = Response.prepared(
        status: .notFound,
        headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
        body: Array(#"{"error":"not_found"}"#.utf8)
    )

    /// RFC 9110 §15.5.6: the answer lists the allowed methods.
    private func methodNotAllowed(_ route: Route) -> Response {
        var allowed = Set(route.methods.map(\.method.rawValue))
        if allowed.contains("GET") { allowed.insert("HEAD") }
        return Response(
            status: .methodNotAllowed,
            headerFields: [
                .allow: allowed.sorted().joined(separator: ", "),
                .contentType: "application/json",
                .cacheControl: "no-store",
            ],
            body: Array(#"{"error":"method_not_allowed"}"#.utf8)
        )
    }
}
