import HTTPTypes
import SocketHTTP

/// Refuses a load that a browser makes before its user goes there: `Sec-Purpose: prefetch` (Fetch Standard §2.2.8,
/// and its older spellings).
///
/// Behind it are addresses that work once. A prefetch would use up the code or the state in them, and the user, who
/// comes a second later, would find nothing. 503 makes the browser forget the prefetch and load the address in earnest.
struct PrefetchRefusal: Endpoint {
    private let endpoint: any Endpoint

    /// Guards an endpoint.
    init(_ endpoint: any Endpoint) {
        self.endpoint = endpoint
    }

    var surfaces: [Surface] { endpoint.surfaces }

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard !Self.isSpeculative(request) else {
            return Response(
                status: .serviceUnavailable,
                headerFields: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
                body: Array("This address works once, and is not prefetched.\n".utf8)
            )
        }
        return await endpoint.respond(to: request, context: context)
    }

    /// Whether the browser says that no person has gone there yet.
    static func isSpeculative(_ request: Request) -> Bool {
        let values = [HTTPField.Name.secPurpose, .purpose, .xPurpose, .xMoz].flatMap { request.values(of: $0) }
        return values.contains { value in
            value.lowercased().split { ";, \t".contains($0) }
                .contains { ["prefetch", "prerender", "preview", "instant"].contains($0) }
        }
    }
}
