import OAuthProtocol
import OAuthState
import ServerConfiguration

/// Security events for resource servers, where the operator wants them (OpenID Shared Signals Framework 1.0).
struct SignalFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        guard parts.configuration.sharedSignals.isEnabled, let store = parts.stores.signals,
            let pushes = parts.eventPushes
        else {
            parts.eventPushes?.serve(nil)
            endpoints = []
            return
        }
        let receivers = EventReceivers(
            parts.configuration,
            resources: parts.resources,
            requests: parts.clientRequests
        )
        let issuer = parts.configuration.issuer
        let delivery = EventDelivery(issuer: issuer, keys: parts.keys, store: store)
        pushes.serve(EventPushes.Source(receivers: receivers, delivery: delivery, waits: parts.eventWaits))
        endpoints = [
            TransmitterMetadataEndpoint(issuer: issuer, keySetPath: KeySetEndpoint.path),
            EventStreamEndpoint(
                receivers: receivers,
                streams: store.streams,
                waits: parts.eventWaits,
                form: EventStreamForm(issuer: issuer, pushes: pushes.pusher.terms),
                random: parts.environment.random,
                audit: parts.audit
            ),
            EventStreamStatusEndpoint(receivers: receivers, store: store, waits: parts.eventWaits),
            EventStreamVerificationEndpoint(receivers: receivers, streams: store.streams, waits: parts.eventWaits),
            EventPollEndpoint(
                receivers: receivers,
                delivery: delivery,
                waits: parts.eventWaits
            ),
        ]
    }
}
