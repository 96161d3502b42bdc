public import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import Synchronization

/// Answers the server's requests for metadata documents that a test has published, at any `https` URL and without a
/// web server; passes every other request on.
final class ClientDocuments: OutboundTransport {
    private let documents = Mutex<[String: [UInt8]]>([:])
    private let transport: any OutboundTransport

    init(transport: any OutboundTransport) {
        self.transport = transport
    }

    func publish(_ document: JSONObject, at url: String) {
        documents.withLock { $0[url] = document.serialized() }
    }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard let document = documents.withLock({ $0[request.url] }) else { return try await transport.send(request) }
        return OutboundResponse(status: 200, headerFields: [("content-type", "application/json")], body: document)
    }
}

extension OAuthTestClient {
    /// A client that is known by the URL of its metadata document (OAuth Client ID Metadata Document), which the
    /// harness serves to the test server.
    ///
    /// - Parameters:
    ///   - server: The test server, started with ``TestServer/Options``.
    ///   - url: The client's id: an `https` URL with a path.
    ///   - name: The name on the consent page.
    ///   - redirectURIs: Where answers go; the first one is used. One on loopback with `nil`.
    /// - Returns: The client; nothing is registered.
    /// - Throws: ``HarnessError`` when the URL cannot be one of a document.
    public static func published(
        at server: TestServer,
        url: String = "https://client.example/metadata.json",
        name: String = "Test client",
        redirectURIs: [String]? = nil
    ) throws -> OAuthTestClient {
        guard let documents = server.embedding.documents else {
            throw HarnessError("this server was not started with options, and serves no documents")
        }
        guard let uri = URIReference(url), uri.scheme == "https", uri.path.count > 1 else {
            throw HarnessError("\(url) is not an https URL with a path")
        }
        var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: server.resourceURI)
        client.id = url
        let redirectURIs = redirectURIs ?? [client.redirectURI]
        client.redirectURI = redirectURIs.first ?? client.redirectURI
        documents.publish(
            [
                "client_id": .string(url), "client_name": .string(name), "redirect_uris": .strings(redirectURIs),
                "token_endpoint_auth_method": "none",
            ],
            at: url
        )
        return client
    }
}
