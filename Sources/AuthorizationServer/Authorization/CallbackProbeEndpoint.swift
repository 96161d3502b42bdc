import HTTPTypes
import SocketHTTP

/// RFC 9110 §9.3.2: HEAD at the callback, which link scanners and previews send, has no effect: the login stays for the
/// browser's GET.
struct CallbackProbeEndpoint: Endpoint {
    var surfaces: [Surface] {
        [Surface(.head, CallbackEndpoint.path + "/{upstream}", name: "callback")]
    }

    func respond(to request: Request, context: RequestContext) async -> Response {
        Response(
            status: .ok,
            headerFields: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"]
        )
    }
}
