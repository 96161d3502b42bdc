import AuthorizationServer
import Foundation
import Logging
import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

/// A running `gatehouse dev` and requests to its control plane, as a test in another language sends them.
struct ControlScene {
    let deployment: DevelopmentDeployment
    let transport: any OutboundTransport

    struct Answer {
        let status: Int
        let json: JSONObject
        var error: String? { json["error"]?.stringValue }
        var description: String { json["error_description"]?.stringValue ?? "" }
        subscript(name: String) -> JSONValue? { json[name] }
    }

    static func run(
        _ change: (inout DevelopmentOptions) -> Void = { _ in },
        _ body: (ControlScene) async throws -> Void
    ) async throws {
        var options = DevelopmentOptions()
        options.logLevel = .critical
        change(&options)
        let (deployment, host) = try await DevelopmentDeployment.start(options)
        do {
            try await body(ControlScene(deployment: deployment, transport: host.transport))
        } catch {
            await deployment.shutdown()
            await host.close()
            throw error
        }
        await deployment.shutdown()
        await host.close()
    }

    func send(
        _ method: String,
        _ path: String,
        _ body: JSONObject? = nil,
        fields: [(name: String, value: String)]? = nil
    ) async throws -> Answer {
        let response = try await transport.send(
            OutboundRequest(
                method: method,
                url: deployment.control.url + path,
                headerFields: fields ?? [("authorization", "Bearer \(deployment.control.token)")],
                body: body?.serialized() ?? [],
                limits: .init(connectTimeout: .seconds(20), totalTimeout: .seconds(60)),
                addressPolicy: .loopbackAllowed
            )
        )
        return Answer(status: response.status, json: try JSONParser.parseObject(response.body))
    }

    func session(_ body: JSONObject = [:]) async throws -> Answer {
        let answer = try await send("POST", "/sessions", body)
        try #require(answer.status == 200, "\(answer.json.serializedString())")
        return answer
    }

    /// The resource server's and the client's requests to the server itself.
    var client: OAuthTestClient {
        OAuthTestClient(
            issuer: deployment.server.configuration.issuer.text,
            transport: transport,
            resource: deployment.resource
        )
    }

    func exchange(_ token: String, _ upstream: String? = nil) async throws -> OAuthTestClient.Answer {
        try await client.exchange(token, audience: upstream ?? deployment.upstreamName, as: deployment.resourceServer)
    }

    func isActive(_ token: String) async throws -> Bool? {
        try await client.introspect(token, as: deployment.resourceServer).boolean("active")
    }
}

extension ControlScene.Answer {
    func text(_ name: String) -> String { json[name]?.stringValue ?? "" }
}
