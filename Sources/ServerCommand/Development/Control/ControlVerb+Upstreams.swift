import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol

extension ControlVerb {
    /// The providers are chosen at the start; a test asks here which there are.
    static func upstreams(_ ground: ControlGround) -> [ControlVerb] {
        [
            ControlVerb(
                method: .get,
                path: ControlPlane.path + "/upstreams",
                summary: "The embedded providers, with the preset of each and how many requests it has received.",
                perform: { (_) async throws(ControlRefusal) in
                    let rows = ground.upstreams.map { upstream, provider -> JSONValue in
                        let count = EndpointName.allCases.reduce(0) { $0 + provider.requestCount(on: $1) }
                        return [
                            "name": .string(upstream.name), "issuer": .string(upstream.issuer),
                            "preset": .string(upstream.preset.rawValue), "requests": .integer(count),
                        ]
                    }
                    return ["upstreams": .array(rows)]
                }
            )
        ]
    }
}
