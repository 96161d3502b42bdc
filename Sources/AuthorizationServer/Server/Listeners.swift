import HTTPTypes
import Logging
import OAuthProtocol
import ServerConfiguration
import SocketHTTP

/// The open listeners: the public ones, and the management one beside them on the same event loops.
struct Listeners {
    let server: HTTPServer
    let management: HTTPServer?
    let addresses: [SocketAddress]
    let managementAddress: SocketAddress?

    static func open(
        _ configuration: Configuration,
        _ composition: ServerComposition,
        environment: ServerEnvironment
    ) async throws -> Listeners {
        var settings = ServerConfiguration(
            listeners: configuration.listen.enumerated().map { index, listener in
                let reservation = index < environment.reservations.count ? environment.reservations[index] : nil
                return ServerConfiguration.Listener(
                    address: reservation?.address ?? listener.address,
                    tls: listener.tls.map {
                        TLSConfiguration(certificateFile: $0.certificateFile, privateKeyFile: $0.privateKeyFile)
                    },
                    reservation: reservation
                )
            }
        )
        settings.commonFields = configuration.commonFields
        settings.connectionsMax = configuration.limits.connections
        // A proxy's connections belong to its clients, so it is exempt from the bound on one network.
        let proxies = configuration.trustedProxies
        settings.isUnboundedPeer = { peer in peer.isLoopback || proxies.contains { $0.contains(peer) } }
        settings.eventLoopCount = environment.eventLoopCount
        let timeSource = environment.timeSource
        let server = try HTTPServer(
            configuration: settings,
            responder: composition.responders.public,
            logger: environment.logger,
            unixTime: { timeSource.now().secondsSinceEpoch }
        )
        composition.signals.counters.set { server.counters }
        let addresses = try await server.start()
        var managementSettings = configuration.managementListener
        managementSettings.requestBudget = settings.requestBudget
        let management = try HTTPServer(
            configuration: managementSettings,
            responder: composition.responders.management,
            logger: environment.logger,
            eventLoops: server.eventLoops,
            unixTime: { timeSource.now().secondsSinceEpoch }
        )
        do {
            let managementAddress = try await management.start().first
            return Listeners(
                server: server,
                management: management,
                addresses: addresses,
                managementAddress: managementAddress
            )
        } catch {
            // A default address in use need not stop the start; a configured one must, and so must the socket.
            let isOptional = !configuration.management.isAddressConfigured && configuration.management.socket == nil
            guard isOptional else {
                await server.shutdown(gracePeriod: .zero)
                throw error
            }
            environment.logger.warning(
                "the management listener is off because its default address is in use",
                metadata: ["error": "\(error)"]
            )
            return Listeners(server: server, management: nil, addresses: addresses, managementAddress: nil)
        }
    }
}

extension Configuration {
    /// What every public answer says, JSON, errors and the engine's own refusals included: no browser may guess another
    /// content type, or visit this host without TLS for a year (RFC 6797).
    fileprivate var commonFields: HTTPFields {
        var fields: HTTPFields = [.xContentTypeOptions: "nosniff"]
        if !issuer.isLoopback { fields[.strictTransportSecurity] = "max-age=31536000" }
        return fields
    }

    /// The listener of health, metrics and administration.
    var managementListener: ServerConfiguration {
        let tls = management.tls.map {
            TLSConfiguration(certificateFile: $0.certificateFile, privateKeyFile: $0.privateKeyFile)
        }
        var settings = ServerConfiguration(listeners: [.init(address: management.address, tls: tls)])
        settings.commonFields = [.xContentTypeOptions: "nosniff"]
        settings.unixSocket = management.socket
        return settings
    }
}
