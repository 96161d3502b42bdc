import HTTPTypes
import OAuthProtocol
import ServerConfiguration
import SocketHTTP

/// RFC 8246: the operator's logo, which browsers keep because its address never has another content.
///
/// Its type is the one that its content was found to have, and every answer forbids browsers to guess another.
struct LogoEndpoint: Endpoint {
    private let name: String
    private let answer: Response

    /// The endpoint of a logo.
    init(logo: SiteLogo) {
        name = logo.fileName
        answer = .prepared(
            headerFields: [
                .contentType: logo.image.kind.mediaType,
                .cacheControl: "public, max-age=31536000, immutable",
                // Nothing runs, even if a browser took the picture for a document.
                .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'; sandbox",
            ],
            body: logo.image.bytes
        )
    }

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard request.pathParameter == name else {
            return Response(status: .notFound, headerFields: [.cacheControl: "no-store"], body: [])
        }
        return answer
    }

    var surfaces: [Surface] { [Surface(.get, SiteLogo.pattern, name: "logo", Self.operation)] }

    private static let operation = OpenAPIOperation(
        id: "getLogo",
        summary: "The operator's logo, at the address that the pages name.",
        parameters: [
            OpenAPIParameter(
                name: "name",
                place: "path",
                isRequired: true,
                pattern: "^[A-Za-z0-9_-]{16}[.](png|jpeg|webp|gif)$"
            )
        ],
        responses: [
            (
                200,
                OpenAPIResponse(
                    description: "The picture",
                    content: LogoImage.Kind.allCases.map { ($0.mediaType, ["type": "string", "format": "binary"]) }
                )
            ),
            (404, .empty("Not the present logo")),
        ]
    )
}
